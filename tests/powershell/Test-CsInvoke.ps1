# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Tests of cs_invoke.ps1 on Windows, without Ansible and without the product: key containers, rights of folders, friendly
# names, the lock, and what Windows PowerShell 5.1 does otherwise than PowerShell 7. Run it in both, as an administrator:
#   python tests/powershell/windows_files.py files.json
#   tests/powershell/Test-CsInvoke.ps1 -Files files.json
# It uses the stores My and CA of LocalMachine, and takes away what it put there.

param([string]$Files)

$ErrorActionPreference = 'Stop'
$script:Failed = 0
$script:Runner = [IO.Path]::GetFullPath([IO.Path]::Combine($PSScriptRoot, '..', '..', 'plugins', 'modules', 'cs_invoke.ps1'))
$script:Source = [IO.File]::ReadAllText($script:Runner)
$known = ConvertFrom-Json -InputObject ([IO.File]::ReadAllText([IO.Path]::GetFullPath([IO.Path]::Combine($PWD.ProviderPath, $Files))))

# ---- helpers ----
# Makes a call of the step runner in a runspace of its own, as Ansible's wrapper does.
function Invoke-Runner([object[]]$Steps, [string[]]$Read, [hashtable]$More) {
    $arguments = @{ contract = 1; steps = @($Steps); read = @($Read); modules = @('NotThere', 'SfbTestDouble') }
    if ($More) { foreach ($name in @($More.get_Keys())) { $arguments[$name] = $More[$name] } }
    $ps = [PowerShell]::Create()
    try {
        $ps.Runspace.SessionStateProxy.SetVariable('complex_args', $arguments)
        $output = @($ps.AddScript($script:Source).Invoke())
        if ($ps.Streams.Error.Count) { throw "the step runner wrote errors: $($ps.Streams.Error[0])" }
        if ($output.Count -ne 1) { throw "the step runner wrote $($output.Count) objects, not one" }
        return ConvertFrom-Json -InputObject ([string]$output[0])
    }
    finally { $ps.Dispose() }
}

# Tells whether something holds, and counts what does not.
function Test-That([string]$What, $Holds, $Seen) {
    if ($Holds) { return "ok    $What" }
    $script:Failed++
    return "FAIL  $What" + [Environment]::NewLine + '      ' + (ConvertTo-Json -InputObject $Seen -Depth 8 -Compress)
}

# The first error of the last step of a result.
function Get-StepError($Result) { return @(@($Result.steps)[-1].errors)[0] }

# The HRESULTs of an error.
function Get-HResult($Result) { return @((Get-StepError $Result).chain | ForEach-Object { $_.hresult }) }

# The certificate of a section with this thumbprint.
function Get-Row($Section, [string]$Thumbprint) { return @($Section.certificates | Where-Object { $_.thumbprint -eq $Thumbprint })[0] }

function New-Import([bool]$Exportable, [string]$Password = $known.password) {
    return @{ op = 'cert_import'; data = $known.pfx; password = "=$Password"; exportable = $Exportable; stores = @{ $known.leaf = 'My' } }
}

function New-Cmdlet([hashtable]$Parameters, [int]$Timeout = 60) {
    return @{ op = 'cmdlet'; name = 'Get-CsPool'; parameters = $Parameters; timeout = $Timeout }
}

# A folder of this test, and in it a module with one cmdlet of the allow-list.
$script:Folder = [IO.Path]::Combine([IO.Path]::GetTempPath(), 'sfb-test-' + [guid]::NewGuid().ToString('N'))
$module = [IO.Path]::Combine($script:Folder, 'SfbTestDouble')
$null = [IO.Directory]::CreateDirectory($module)
[IO.File]::WriteAllText([IO.Path]::Combine($module, 'SfbTestDouble.psm1'), @'
function Get-CsPool {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param([string]$Identity, [int]$Site, [DayOfWeek[]]$Days, [Nullable[bool]]$Flag, [datetime]$When, [securestring]$Secret, [switch]$Force)
    if ($Identity -eq '!odd') { Write-Error -Message 'the pool is odd' -ErrorId 'CsNonTerminating' }
    if ($Identity -eq '!ask') { $null = $PSCmdlet.ShouldContinue('really?', 'Confirm') }
    if ($Identity -eq '!sleep') { Start-Sleep -Seconds 60 }
    Write-Warning 'a warning'
    if (-not $PSCmdlet.ShouldProcess($Identity)) { return }
    $length = 0
    if ($Secret) { $length = $Secret.Length }
    [pscustomobject]@{ Identity = $Identity; Site = $Site; Days = @($Days); Flag = $Flag; When = $When; Length = $length; Nothing = @(); One = @('x'); Bytes = [byte[]](1, 2) }
}
'@)
$env:PSModulePath = $script:Folder + [IO.Path]::PathSeparator + $env:PSModulePath

try {
    # ---- the script ----
    $problems = $null
    $null = [System.Management.Automation.Language.Parser]::ParseInput($script:Source, [ref]$null, [ref]$problems)
    Test-That 'the script can be parsed' (@($problems).Count -eq 0) "$problems"
    $r = Invoke-Runner @() @()
    Test-That 'a call without steps' ($r.contract -eq 1 -and $null -eq $r.fatal -and @($r.steps).Count -eq 0) $r
    $r = Invoke-Runner @() @() @{ contract = 2 }
    Test-That 'another contract is refused' ($r.fatal.id -eq 'CsInvoke.Contract') $r

    # ---- files ----
    $target = [IO.Path]::Combine($script:Folder, 'made', 'record.json')
    $r = Invoke-Runner @(
        @{ op = 'write_file'; path = '=<tmp>/a.bin'; data = 'AP8=' }, @{ op = 'read_file'; path = '=<tmp>/a.bin' },
        @{ op = 'delete_file'; path = '=<tmp>/a.bin' }, @{ op = 'read_file'; path = '=<tmp>/a.bin' },
        @{ op = 'write_file'; path = "=$target"; data = 'MQ=='; make_folder = $true; replace = $true },
        @{ op = 'write_file'; path = "=$target"; data = 'MjI='; replace = $true }, @{ op = 'read_file'; path = "=$target" },
        @{ op = 'write_file'; path = "=$target"; data = 'MzM=' }) @()
    Test-That 'files are written, read and deleted' ($r.steps[1].data -eq 'AP8=' -and $r.steps[3].exists -eq $false) $r
    Test-That 'a file is replaced in one move' ($r.steps[6].data -eq 'MjI=' -and @([IO.Directory]::GetFiles([IO.Path]::GetDirectoryName($target))).Count -eq 1) $r
    Test-That 'an existing file is not overwritten' ($r.failed_step -eq 7 -and (Get-HResult $r) -contains '0x80070050') $r
    $sddl = (Get-Acl -LiteralPath ([IO.Path]::GetDirectoryName($target))).Sddl
    Test-That 'a new folder is for system and administrators only' ($sddl -match 'D:P(AI)?\(A;OICI;FA;;;SY\)\(A;OICI;FA;;;BA\)\z') $sddl
    foreach ($bad in '<tmp>/../x', 'relative.bin', '<tmp>/.x') {
        $r = Invoke-Runner @(@{ op = 'read_file'; path = "=$bad" }) @()
        Test-That "the path $bad is refused" ((Get-StepError $r).id -eq 'CsInvoke.Path') $r
    }
    $left = @([IO.Directory]::GetDirectories([IO.Path]::GetTempPath(), 'sfbcert-*'))
    Test-That 'no private folder is left' ($left.Count -eq 0) $left

    # ---- certificates and keys ----
    $r = Invoke-Runner @((New-Import $true), (New-Import $true)) @('My:full')
    $row = Get-Row $r.read.My $known.leaf
    Test-That 'a PFX is imported with its key' ($r.steps[0].certificates[0].added -or $r.steps[0].certificates[1].added) $r.steps
    Test-That 'the second import finds it there' (@($r.steps[1].certificates | Where-Object { $_.added }).Count -eq 0) $r.steps
    Test-That 'the key is exportable and of the machine' ($row.has_key -and $row.key.exportable -eq $true -and $row.key.machine -eq $true) $row
    Test-That 'provider and container are named' ($row.key.provider -and $row.key.container) $row
    $r = Invoke-Runner @(
        @{ op = 'cert_set'; thumbprint = $known.leaf; friendly_name = '=2026-12-01T10:00:00Z Edge' },
        @{ op = 'cert_export'; thumbprint = $known.leaf; chain = @($known.issuing_der); password = "=$($known.password)" }) @('My:full')
    Test-That 'the friendly name is set' ((Get-Row $r.read.My $known.leaf).friendly_name -eq '2026-12-01T10:00:00Z Edge') $r.read.My
    $all = New-Object System.Security.Cryptography.X509Certificates.X509Certificate2Collection
    $all.Import([Convert]::FromBase64String($r.steps[1].data), $known.password, 'DefaultKeySet')
    Test-That 'the export holds the key and the chain' ($all.Count -eq 2 -and @($all | Where-Object { $_.HasPrivateKey }).Count -eq 1) $all.Count
    $r = Invoke-Runner @(@{ op = 'cert_remove'; thumbprint = $known.leaf; delete_key = $true }) @('My:full')
    Test-That 'the certificate is removed with its key' ($r.steps[0].key_deleted -eq $true -and $null -eq (Get-Row $r.read.My $known.leaf)) $r.steps
    $r = Invoke-Runner @((New-Import $false), @{ op = 'cert_export'; thumbprint = $known.leaf; password = "=$($known.password)" }) @('My:full')
    Test-That 'a key that is not exportable is told' ((Get-Row $r.read.My $known.leaf).key.exportable -eq $false) $r.read.My
    Test-That 'a key that is not exportable stays' ($r.failed_step -eq 1 -and ((Get-HResult $r) -match '0x800900(0B|29)')) $r.steps
    $r = Invoke-Runner @(@{ op = 'cert_remove'; thumbprint = $known.leaf }, (New-Import $true), @{ op = 'cert_remove'; thumbprint = $known.leaf; delete_key = $true }) @()
    Test-That 'the key stays unless asked for' ($r.steps[0].key_deleted -eq $false -and $r.steps[2].key_deleted -eq $true) $r.steps
    $r = Invoke-Runner @((New-Import $true 'a wrong passphrase')) @('My:full')
    Test-That 'a wrong passphrase is told by its number' ((Get-HResult $r) -contains '0x80070056') $r
    Test-That 'secrets do not come back' ((ConvertTo-Json -InputObject $r -Depth 9) -notmatch 'a wrong passphrase') ''
    $r = Invoke-Runner @(
        @{ op = 'cert_import'; data = $known.issuing_der; stores = @{ $known.issuing = 'CA' } },
        @{ op = 'cert_export'; store = 'CA'; thumbprint = $known.issuing; password = '=long enough' }) @('CA:full')
    Test-That 'an authority goes to CA' ($null -ne (Get-Row $r.read.CA $known.issuing)) $r.steps
    Test-That 'an authority has no key' ((Get-StepError $r).id -eq 'CsInvoke.NoKey') $r.steps
    $r = Invoke-Runner @(@{ op = 'cert_remove'; store = 'CA'; thumbprint = $known.issuing }, @{ op = 'cert_remove'; store = 'CA'; thumbprint = $known.issuing }) @()
    Test-That 'what is not there cannot be removed' ($r.failed_step -eq 1 -and (Get-StepError $r).id -eq 'CsInvoke.NotFound') $r.steps

    # ---- sections ----
    $r = Invoke-Runner @() @('computer', 'Root:brief', 'REQUEST:full', 'services') @{ modules = @('NotThere') }
    Test-That 'stores are listed' ($r.read.Root.ok -and @($r.read.Root.certificates).Count -gt 0 -and $r.read.REQUEST.ok) $r.read.REQUEST
    Test-That 'the computer is described' ($r.read.computer.elevated -eq $true -and $r.read.computer.joined -is [bool] -and $r.read.computer.domain -and $r.read.computer.fqdn) $r.read.computer
    Test-That 'this PowerShell is named' ($r.read.computer.ps_version -eq [string]$PSVersionTable.PSVersion) $r.read.computer
    Test-That 'a missing module is told' ($null -eq $r.read.computer.module -and @($r.read.services.errors)[0].id -eq 'CsInvoke.Module') $r.read.services

    # ---- cmdlets ----
    $r = Invoke-Runner @((New-Cmdlet @{
        Identity = @{ t = 'text'; v = '=2026-12-01T10:00:00Z' }; Site = @{ t = 'int'; v = 7 }; Days = @{ t = 'list'; v = @('=Monday', '=Friday') }; Flag = @{ t = 'bool'; v = $true }
        When = @{ t = 'date'; v = '20261201T100000Z' }; Secret = @{ t = 'secret'; v = '=Pfx-Secret-7319' }; Force = @{ t = 'switch'; v = $false } })) @('computer')
    $row = @($r.steps[0].output)[0]
    Test-That 'values arrive in their types' ($row.Site -eq 7 -and ($row.Days -join ' ') -eq 'Monday Friday' -and $row.Flag -eq $true -and $row.Length -eq 15) $r
    Test-That 'times come back as UTC' ((ConvertTo-Json -InputObject $row -Compress) -match '"When":"2026-12-01T10:00:00(\.0+)?Z"') $row
    Test-That 'lists come back as lists' ($row.Nothing -is [array] -and $row.Nothing.Count -eq 0 -and $row.One -is [array] -and $row.Bytes -eq 'AQI=') $row
    Test-That 'warnings come back, nothing is asked' (@($r.steps[0].warnings)[0] -eq 'a warning') $r.steps
    Test-That 'the module is named' ($r.read.computer.module -eq 'SfbTestDouble') $r.read.computer
    $r = Invoke-Runner @((New-Cmdlet @{ Identity = @{ t = 'text'; v = '=!odd' } }), (New-Cmdlet @{})) @()
    Test-That 'an error that does not stop fails the step' ($r.failed_step -eq 0 -and (Get-StepError $r).id -like 'CsNonTerminating*') $r
    $r = Invoke-Runner @((New-Cmdlet @{ Identity = @{ t = 'text'; v = '=!ask' } })) @()
    Test-That 'a question fails the step' ((Get-StepError $r).message -match 'really\?') $r
    $r = Invoke-Runner @((New-Cmdlet @{ Identity = @{ t = 'text'; v = '=!sleep' } } 1)) @()
    Test-That 'a cmdlet that takes too long is given up' ((Get-StepError $r).id -eq 'CsInvoke.Timeout') $r
    $r = Invoke-Runner @((New-Cmdlet @{ Idntity = @{ t = 'text'; v = '=x' } })) @()
    Test-That 'an unknown parameter is refused' ((Get-StepError $r).id -eq 'CsInvoke.Parameter') $r
    $r = Invoke-Runner @(@{ op = 'cmdlet'; name = 'Get-Process' }) @()
    Test-That 'another cmdlet is refused' ((Get-StepError $r).id -eq 'CsInvoke.Forbidden') $r
    $r = Invoke-Runner @(@{ op = 'delete_file'; path = '=<tmp>/x' }) @() @{ _ansible_check_mode = $true }
    Test-That 'check mode refuses what writes' ((Get-StepError $r).id -eq 'CsInvoke.CheckMode') $r

    # ---- the lock ----
    $mutex = New-Object System.Threading.Mutex($false, 'Global\sfb.certificates')
    $null = $mutex.WaitOne()
    try {
        $r = Invoke-Runner @(@{ op = 'delete_file'; path = '=<tmp>/x' }) @() @{ lock_timeout = 1 }
        Test-That 'a call waits for its turn' ($r.fatal.id -eq 'CsInvoke.Busy' -and @($r.steps).Count -eq 0) $r
        $r = Invoke-Runner @(@{ op = 'read_file'; path = '=<tmp>/x' }) @() @{ lock_timeout = 1 }
        Test-That 'a call that reads does not wait' ($null -eq $r.fatal) $r
    }
    finally { $mutex.ReleaseMutex(); $mutex.Dispose() }
}
finally {
    $null = Invoke-Runner @(@{ op = 'cert_remove'; thumbprint = $known.leaf; delete_key = $true }) @()
    $null = Invoke-Runner @(@{ op = 'cert_remove'; store = 'CA'; thumbprint = $known.issuing }) @()
    [IO.Directory]::Delete($script:Folder, $true)
}
"PowerShell $($PSVersionTable.PSVersion): $script:Failed failed"
exit $script:Failed
