from ansible_collections.sfb.certificates.tests.wire.pool import wired
import time

def test_ways(pool, identity):
    ways = {"edge1": "https+basic", "edge2": "https+ntlm", "edge3": "http+ntlm", "edge4": "http+basic"}
    with wired(pool, ways, identity) as servers:
        run = pool.tasks({"cs_certificate_info": {}}, hosts="edge")
        print(run.output)
        for h, s in servers.items():
            print(h, s.traffic, [len(p) for p in s.calls.payloads])
            print(s.shells.open)
        assert run.rc == 0
