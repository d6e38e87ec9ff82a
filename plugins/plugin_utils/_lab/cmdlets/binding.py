# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Parameters of the emulated cmdlets, bound as PowerShell binds them (powershell.md#binding-of-parameters).

**PRIVATE** to the collection.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from ..server.errors import binding_error, stop_step
from ..server.files import FileSystem
from ..server.values import Secrets, get_field, get_list, get_map, get_text, parse_date
from .parameters import Bound, Cmdlet, Parameter

CERT_TYPES = [
    *("Default", "Internal", "External", "AccessEdgeExternal", "DataEdgeExternal", "AudioVideoAuthentication"),
    *("WebServicesInternal", "WebServicesExternal", "OAuthTokenIssuer", "XmppServer", "WsFedTokenTransfer"),
    *("iPhoneAPNService", "iPadAPNService", "MPNService", "PICWebService", "ProvisionService"),
    *("LogRetentionService", "SMPDNSWebService", "TenantAdmin", "UpgradeEngineService"),
]
KEY_ALGORITHMS = ["RSA", "ECDH_P256", "ECDH_P384", "ECDH_P521"]
_ENUMS = {"CertType": CERT_TYPES, "KeyAlg": KEY_ALGORITHMS}


def _typed(spec: Any, files: FileSystem, secrets: Secrets) -> Any:
    """The value of a parameter out of its typed form (contract: Steps, table of types)."""
    value = get_field(spec, "v")
    kind = str(get_field(spec, "t", "")).lower()
    if kind == "text":
        return get_text(value)
    if kind == "path":
        return files.resolve(value)
    if kind == "list":
        return [get_text(v) for v in get_list(value)]
    if kind == "int" and isinstance(value, int) and not isinstance(value, bool):
        return value
    if kind in ("bool", "switch") and isinstance(value, bool):
        return value
    if kind == "date":
        return parse_date(value)
    if kind == "secret":
        return secrets.take(value)
    raise stop_step("Protocol", f"unknown type or unfit value: '{get_field(spec, 't', '')}'")


def bind(cmdlet: Cmdlet, parameters: Mapping[str, Any], *, files: FileSystem, secrets: Secrets) -> Bound:
    """Bind the parameters of a step; raises PowerShellError as the runner or PowerShell would."""
    known = cmdlet.known()
    given: dict[str, Any] = {}
    for name, spec in get_map(parameters).items():
        parameter = known.get(str(name).lower())
        if parameter is None:
            raise stop_step("Parameter", f"{cmdlet.name} has no parameter '{name}'")
        value = _typed(spec, files, secrets)
        if parameter.kind == "switch" and value is False:
            continue  # even a false switch would select its parameter set
        if parameter.kind.removesuffix("[]") in _ENUMS and any("," in str(v) for v in get_list(value)):
            raise stop_step("Parameter", f"one value of '{name}' contains a comma")
        given[parameter.name] = value
    for name in ("ErrorAction", "Confirm"):
        given.pop(name, None)
    given = {name: _convert(known[name.lower()], value) for name, value in given.items()}
    return Bound(_choose_set(cmdlet, given), given)


def _choose_set(cmdlet: Cmdlet, given: Mapping[str, Any]) -> str:
    names = list(dict.fromkeys(s for p in cmdlet.parameters for s in (*p.sets, *p.mandatory) if s != "*"))
    if not names:
        names = [""]
    fitting = [s for s in names if all(not p.sets or s in p.sets for p in cmdlet.parameters if p.name in given)]
    if not fitting:
        raise _ambiguous()
    complete = [s for s in fitting if not _missing(cmdlet, given, s)]
    if len(complete) == 1:
        return complete[0]
    if complete:
        if cmdlet.default_set in complete:
            return cmdlet.default_set
        raise _ambiguous()
    # The set that PowerShell would ask for; without a user interface that is an error
    # (powershell.md#errors-warnings-and-prompts).
    asked = fitting[0] if len(fitting) == 1 else cmdlet.default_set
    if asked not in fitting:
        raise _ambiguous()
    missing = " ".join(_missing(cmdlet, given, asked))
    raise binding_error(
        "MissingMandatoryParameter",
        f"Cannot process command because of one or more missing mandatory parameters: {missing}.",
    )


def _missing(cmdlet: Cmdlet, given: Mapping[str, Any], chosen: str) -> list[str]:
    needed = [
        p
        for p in cmdlet.parameters
        if chosen in p.mandatory or ("*" in p.mandatory and (not p.sets or chosen in p.sets))
    ]
    return [p.name for p in needed if p.name not in given]


def _ambiguous() -> Exception:
    return binding_error(
        "AmbiguousParameterSet",
        "Parameter set cannot be resolved using the specified named parameters. One or more parameters issued cannot "
        "be used together or an insufficient number of parameters were provided.",
    )


def _convert(parameter: Parameter, value: Any) -> Any:
    """Turn a value into the parameter's .NET type (powershell.md#binding-of-parameters)."""
    base = parameter.kind.removesuffix("[]")
    if parameter.kind.endswith("[]"):
        items = get_list(value)
        if not items:
            raise _unfit(
                parameter, "ParameterArgumentValidationErrorEmptyArrayNotAllowed", "The argument is an empty array."
            )
        return [_convert_one(parameter, base, v) for v in items]
    if isinstance(value, list):
        raise _unfit(parameter, "CannotConvertArgument", f"Cannot convert value to type {_type_name(base)}.")
    converted = _convert_one(parameter, base, value)
    if parameter.choices and converted not in parameter.choices:
        choices = ",".join(str(c) for c in parameter.choices)
        message = (
            f"Cannot validate argument on parameter '{parameter.name}'. The argument \"{converted}\" does not belong "
            f'to the set "{choices}" specified by the ValidateSet attribute. Supply an argument that is in the set and '
            "then try the command again."
        )
        raise binding_error("ParameterArgumentValidationError", message)
    return converted


def _convert_one(parameter: Parameter, base: str, value: Any) -> Any:
    if base in _ENUMS:
        return _to_enum(parameter, base, value)
    if base == "string":
        return "True" if value is True else "False" if value is False else str(value)
    if base in ("switch", "bool"):
        if isinstance(value, bool):
            return value
        if base == "bool" and isinstance(value, int):
            return value != 0
    elif base == "int":
        if isinstance(value, (bool, int)):
            return int(value)
        if isinstance(value, str) and value.strip().lstrip("-").isdigit():
            return int(value)
    elif base == "datetime":
        if isinstance(value, dt.datetime):
            return value
        if isinstance(value, str):
            return _to_date(parameter, value)
    elif base in ("object", "securestring"):
        return value
    raise _unfit(parameter, "CannotConvertArgument", f'Cannot convert value "{value}" to type {_type_name(base)}.')


def _to_enum(parameter: Parameter, base: str, value: Any) -> str:
    names = _ENUMS[base]
    for name in names:
        if isinstance(value, str) and value.strip().lower() == name.lower():
            return name
    message = (
        f'Cannot convert value "{value}" to type "{_type_name(base)}". Error: "Unable to match the identifier name '
        f"{value} to a valid enumerator name. Specify one of the following enumerator names and try again: "
        f'{", ".join(names)}"'
    )
    raise _unfit(parameter, "CannotConvertArgumentNoMessage", message)


def _to_date(parameter: Parameter, value: str) -> dt.datetime:
    """A text is read month first, whatever the server's region, with or without a time.

    Source: powershell.md#reading-dates.
    """
    for pattern in ("%m/%d/%Y %H:%M:%S", "%m/%d/%Y", "%m.%d.%Y", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d"):
        try:
            return dt.datetime.strptime(value.strip(), pattern).replace(tzinfo=dt.timezone.utc)
        except ValueError:
            continue
    why = "String was not recognized as a valid DateTime."
    message = f'Cannot convert value "{value}" to type "System.DateTime". Error: "{why}"'
    raise _unfit(parameter, "CannotConvertArgumentNoMessage", message)


def _type_name(base: str) -> str:
    return {
        "string": "System.String",
        "bool": "System.Nullable`1[System.Boolean]",
        "switch": "System.Management.Automation.SwitchParameter",
        "int": "System.Int32",
        "datetime": "System.DateTime",
        "CertType": "Microsoft.Rtc.Management.Deployment.CertType",
        "KeyAlg": "Microsoft.Rtc.Management.Deployment.KeyAlgorithm",
    }.get(base, "System.Object")


def _unfit(parameter: Parameter, error_id: str, message: str) -> Exception:
    return binding_error(error_id, f"Cannot bind parameter '{parameter.name}'. {message}")
