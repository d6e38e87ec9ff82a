#Requires -Version 5.1

# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# ansible-test wants every module to name a util. This one needs none: the one named here is optional and does not exist.
#AnsibleRequires -PowerShell ..module_utils._none -Optional

# Step runner of the collection sfb.certificates: carries out the given steps on this server, in
# order, and returns one JSON object. It decides nothing; CONTRACT.md describes both sides.
# For Windows PowerShell 5.1 and PowerShell 7: plain ASCII, no BOM, no classes, no compiled code.

using namespace System.IO
using namespace System.Management.Automation
using namespace System.Security
using namespace System.Security.Cryptography
using namespace System.Security.Cryptography.X509Certificates
using namespace System.Security.Principal

$ErrorActionPreference = 'Stop'
Set-StrictMode -Off

# ---- constants and state: what changes is written and read as $script:..., the rest by its name alone ----
$script:Call = $complex_args
$script:OnWindows = [Environment]::OSVersion.Platform -eq 'Win32NT'
$script:Allowed = @(
    'Request-CsCertificate', 'Import-CsCertificate', 'Set-CsCertificate', 'Get-CsCertificate', 'Remove-CsCertificate',
    'Test-CsCertificateConfiguration', 'Get-CsComputer', 'Get-CsPool', 'Get-CsService', 'Get-CsTopology', 'Get-CsSipDomain',
    'Get-CsWindowsService', 'Stop-CsWindowsService', 'Start-CsWindowsService', 'Test-CsReplica',
    'Get-CsManagementStoreReplicationStatus', 'Invoke-CsManagementStoreReplication')
$script:Child = $null      # child runspace with the vendor module
$script:Module = $null     # the imported vendor module
$script:TempDir = $null    # private folder of this call
$script:Secrets = @()      # texts that must not come back

# ---- errors ----
# Stops the current step with an error of a stable id.
function Stop-Step([string]$Id, [string]$Message) {
    throw [ErrorRecord]::new([InvalidOperationException]::new($Message), "CsInvoke.$Id", 'InvalidOperation', $null)
}

# Gives a fresh copy of a text with the secrets of this call blanked.
function Hide-Secret([string]$Text) {
    foreach ($s in $script:Secrets) { $Text = $Text.Replace($s, '********') }
    return [string]::Copy($Text)
}

# Describes an error record; takes the real one out of the wrapping of a child pipeline.
function ConvertTo-ErrorRow($Record) {
    $inner = $Record.Exception.InnerException
    if ($inner -is [IContainsErrorRecord] -and $inner.ErrorRecord) { $Record = $inner.ErrorRecord }
    $chain = @()
    for ($e = $Record.Exception; $e -and $chain.Count -lt 6; $e = $e.InnerException) {
        $chain += @{ type = $e.GetType().FullName; message = Hide-Secret $e.Message; hresult = '0x{0:X8}' -f $e.HResult }
    }
    return @{
        message = Hide-Secret $Record; id = Hide-Secret $Record.FullyQualifiedErrorId; chain = $chain
        category = [string]$Record.CategoryInfo.Category; command = [string]$Record.InvocationInfo.MyCommand.Name
    }
}

# Runs a block and turns whatever it throws into a failed row.
function Invoke-Safely([scriptblock]$Body) {
    try { return & $Body } catch { return @{ ok = $false; errors = @(ConvertTo-ErrorRow $_) } }
}

# ---- input ----
# Looks a field up in any case (PowerShell 7 may hand over case-sensitive dictionaries).
function Get-Field($Dict, [string]$Name, $Default) {
    if ($null -ne $Dict) {
        foreach ($k in @($Dict.get_Keys())) { if ($k -eq $Name -and $null -ne $Dict[$k]) { return $Dict[$k] } }
    }
    return $Default
}

# Takes the mark off a text ('=text': without it a JSON reader may turn a text into a date).
function Get-Text($Tagged) {
    if ($Tagged -isnot [string] -or $Tagged -notmatch '\A=') { Stop-Step 'Protocol' 'a text must start with =' }
    return $Tagged.Substring(1)
}

# Takes a secret text and remembers it for blanking.
function Get-Secret($Tagged) {
    $text = Get-Text $Tagged
    if ($text.Length -ge 4) { $script:Secrets += $text }
    return $text
}

# Decodes the base64 field of a step.
function Get-Data($Step) {
    $data = Get-Field $Step 'data'
    if ($data -isnot [string]) { Stop-Step 'Protocol' 'the field data is missing' }
    return , [Convert]::FromBase64String($data)
}

# Makes the value of a cmdlet parameter out of its typed form.
function ConvertTo-Value($Spec, [type]$Target) {
    $v = Get-Field $Spec 'v'
    switch ([string](Get-Field $Spec 't')) {
        'text' { return Get-Text $v }
        'path' { return Resolve-StepPath $v }
        'list' { return , [string[]]@($v | ForEach-Object { Get-Text $_ }) }
        'int' { if ($v -is [int] -or $v -is [long]) { return [int]$v } }
        { $_ -in 'bool', 'switch' } { if ($v -is [bool]) { return $v } }
        'date' {
            $utc = [Globalization.DateTimeStyles]'AssumeUniversal, AdjustToUniversal'
            return [datetime]::ParseExact([string]$v, "yyyyMMdd'T'HHmmss'Z'", [cultureinfo]::InvariantCulture, $utc).ToLocalTime()
        }
        'secret' {
            $text = Get-Secret $v
            if ($Target -ne [SecureString]) { return $text }
            $secure = [SecureString]::new()
            foreach ($c in $text.ToCharArray()) { $secure.AppendChar($c) }
            return , $secure
        }
    }
    Stop-Step 'Protocol' "unknown type or unfit value: '$(Get-Field $Spec 't')'"
}

# ---- output ----
# Reduces a value to what JSON can carry.
function ConvertTo-Plain($Value, [int]$Depth = 0) {
    if ($null -eq $Value) { return $null }
    $b = $Value.PSObject.BaseObject
    if ($null -eq $b) { $b = $Value }
    if ($b -is [bool] -or $b -is [int] -or $b -is [long]) { return $b }
    if ($b -is [datetime]) { return $b.ToUniversalTime().ToString('s') + 'Z' }    # s is the same in all cultures
    if ($b -is [byte[]]) { return [Convert]::ToBase64String($b) }
    if ($b -is [Xml.XmlNode]) { $b = $b.OuterXml }
    if ($b -is [SecureString]) { return '********' }
    if ($b -isnot [string] -and $b -is [Collections.IEnumerable] -and $Depth -lt 3) {
        $list = @()
        foreach ($i in $b) { $list += , (ConvertTo-Plain $i ($Depth + 1)) }
        return , $list
    }
    return Hide-Secret $b
}

# Makes a row out of an output object: the given properties, or all of them.
function ConvertTo-Row($Object, [string[]]$Names) {
    $row = [ordered]@{ _type = [string]$Object.PSObject.TypeNames[0] }
    if ($Object -is [string] -or $Object -is [ValueType] -or $Object -is [Xml.XmlNode]) { $row.text = [string](ConvertTo-Plain $Object); return $row }
    foreach ($p in $Object.PSObject.Properties) {
        if ($Names -and $Names -notcontains $p.Name) { continue }
        $v = $null
        try { $v = $p.Value } catch { $v = $null }
        $row[$p.Name] = ConvertTo-Plain $v
    }
    return $row
}

# ---- files ----
# Makes a folder for system and administrators, or for the owner, only.
function New-ClosedFolder([string]$Path) {
    if (-not $OnWindows) { $null = [Directory]::CreateDirectory($Path, [UnixFileMode]448); return }
    $acl = New-Object System.Security.AccessControl.DirectorySecurity
    $acl.SetSecurityDescriptorSddlForm('D:P(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)', 'Access')
    if ($PSVersionTable.PSVersion.Major -lt 6) { $null = [Directory]::CreateDirectory($Path, $acl) }
    else { $null = [FileSystemAclExtensions]::CreateDirectory($acl, $Path) }
}

# Makes the private folder of this call; its name tells which process owns it.
function New-PrivateFolder {
    $owner = [Diagnostics.Process]::GetCurrentProcess()
    $path = [Path]::Combine([Path]::GetTempPath(), "sfbcert-$($owner.Id)-$($owner.StartTime.ToFileTimeUtc())-" + [guid]::NewGuid().ToString('N'))
    New-ClosedFolder $path
    return $path
}

# Tells whether the process that made a private folder still runs (the start time tells a reused id).
function Test-FolderOwner($Id, $Started) {
    try { return [Math]::Abs([Diagnostics.Process]::GetProcessById($Id).StartTime.ToFileTimeUtc() - [long]$Started) -lt 20000000 }
    catch { return $false }
}

# Removes the private folders of calls that were killed.
function Clear-Leftover {
    foreach ($d in [Directory]::GetDirectories([Path]::GetTempPath(), 'sfbcert-*')) {
        if ($d -cmatch 'sfbcert-(\d+)-(\d+)-[0-9a-f]{32}\z' -and -not (Test-FolderOwner $Matches[1] $Matches[2])) {
            $null = Invoke-Safely { [Directory]::Delete($d, $true) }
        }
    }
}

# Gives the path for '<tmp>/name' (a file in the private folder) or an absolute path.
function Resolve-StepPath($Tagged) {
    $path = Get-Text $Tagged
    if ($path -cmatch '\A<tmp>/([A-Za-z0-9_-][A-Za-z0-9._-]*)\z') {
        if (-not $script:TempDir) { $script:TempDir = New-PrivateFolder }
        return [Path]::Combine($script:TempDir, $Matches[1])
    }
    if ($path -match '\A<' -or -not [Path]::IsPathRooted($path)) { Stop-Step 'Path' "neither an absolute path nor a temporary file name: '$path'" }
    return $path
}

# Writes a new file, or puts one in place of an old one, in one move. Missing folders are made if asked for.
function Write-StepFile($Step) {
    $bytes = Get-Data $Step
    $path = Resolve-StepPath (Get-Field $Step 'path')
    $replace = (Get-Field $Step 'replace') -eq $true
    $folder = [Path]::GetDirectoryName($path)
    if ((Get-Field $Step 'make_folder') -eq $true -and -not [Directory]::Exists($folder)) { New-ClosedFolder $folder }
    $target = $path
    if ($replace) { $target = "$path.$([guid]::NewGuid().ToString('N')).new" }
    try {
        $file = [FileStream]::new($target, 'CreateNew', 'Write', 'None')
        try { $file.Write($bytes, 0, $bytes.Length); $file.Flush($true) } finally { $file.Dispose() }
        if ($replace) {
            if ([File]::Exists($path)) { [File]::Replace($target, $path, [NullString]::Value) } else { [File]::Move($target, $path) }
        }
    }
    finally { if ($replace) { [File]::Delete($target) } }
    return @{ ok = $true }
}

# Reads a file of at most 8 MB; a missing one is no error.
function Read-StepFile($Step) {
    $path = Resolve-StepPath (Get-Field $Step 'path')
    if (-not [File]::Exists($path)) { return @{ ok = $true; exists = $false; data = $null } }
    if ([FileInfo]::new($path).Length -gt 8MB) { Stop-Step 'Path' "larger than 8 MB: '$path'" }
    return @{ ok = $true; exists = $true; data = [Convert]::ToBase64String([File]::ReadAllBytes($path)) }
}

# ---- cmdlets ----
# Runs a command in the child runspace; after the time limit both are given up. Errors and other
# streams go to the row if there is one, else errors are thrown. (foreach over a live stream would wait.)
function Invoke-Child([string]$Name, [hashtable]$Params, [int]$Limit = 300, $Row) {
    $ps = [PowerShell]::Create()
    $ps.Runspace = $script:Child
    try {
        $async = $ps.AddCommand($Name, $true).AddParameters($Params).AddParameter('ErrorAction', 'Stop').BeginInvoke()
        if (-not $async.AsyncWaitHandle.WaitOne($Limit * 1000)) {
            $null = $ps.BeginStop($null, $null)
            $script:Child = $null
            Stop-Step 'Timeout' "$Name did not end within $Limit s"
        }
        return $ps.EndInvoke($async)
    }
    catch { if (-not $Row) { throw }; $Row.errors += ConvertTo-ErrorRow $_ }
    finally {
        if ($Row) {
            foreach ($e in $ps.Streams.Error.ReadAll()) { $Row.errors += ConvertTo-ErrorRow $e }
            foreach ($w in $ps.Streams.Warning.ReadAll()) { $Row.warnings += Hide-Secret $w.Message }
            foreach ($i in $ps.Streams.Information.ReadAll()) { $Row.information += Hide-Secret $i }
        }
        if ($script:Child) { $ps.Dispose() }
    }
}

# Opens the child runspace and imports the first vendor module that is installed.
function Open-Child {
    if ($script:Child) { return }
    $script:Child = [RunspaceFactory]::CreateRunspace([InitialSessionState]::CreateDefault2())
    $script:Child.Open()
    $session = $script:Child.SessionStateProxy
    $session.SetVariable('ErrorActionPreference', 'Stop')
    $session.SetVariable('ProgressPreference', 'SilentlyContinue')
    $names = @(Get-Field $Call 'modules' @('SkypeForBusiness', 'Lync'))
    foreach ($n in $names) {
        try {
            $script:Module = @(Invoke-Child 'Import-Module' @{ Name = $n; PassThru = $true; DisableNameChecking = $true; WarningAction = 'SilentlyContinue' })[0]
            return
        }
        catch { if ((ConvertTo-ErrorRow $_).id -notlike 'Modules_ModuleNotFound*') { $script:Child = $null; throw } }
    }
    $script:Child.Close()
    $script:Child = $null
    Stop-Step 'Module' "none of these PowerShell modules is installed: $($names -join ', ')"
}

# Runs one cmdlet of the allow-list with typed parameters.
function Invoke-Cmdlet([string]$Name, $Params, [string[]]$Properties, [int]$Limit = 600) {
    if ($Allowed -cnotcontains $Name) { Stop-Step 'Forbidden' "the cmdlet is not allowed: '$Name'" }
    Open-Child
    $known = @(Invoke-Child 'Get-Command' @{ Name = $Name; CommandType = 'Cmdlet, Function' })[0].Parameters
    $bound = @{}
    foreach ($k in @($Params.get_Keys())) {
        if (-not $known.ContainsKey($k)) { Stop-Step 'Parameter' "$Name has no parameter '$k'" }
        $type = $known[$k].ParameterType
        $value = ConvertTo-Value $Params[$k] $type
        if ($type -eq [switch] -and $value -eq $false) { continue }    # even a false switch would select its parameter set
        if ($type.IsArray) { $type = $type.GetElementType() }
        if ($type.IsEnum -and "$value" -match ',') { Stop-Step 'Parameter' "one value of '$k' contains a comma" }
        $bound[$k] = $value
    }
    if ($known.ContainsKey('Confirm')) { $bound['Confirm'] = $false }
    $bound.Remove('ErrorAction')
    $row = @{ ok = $false; output = @(); warnings = @(); information = @(); errors = @() }
    foreach ($o in @(Invoke-Child $Name $bound $Limit $row)) { if ($null -ne $o) { $row.output += ConvertTo-Row $o $Properties } }
    $row.ok = $row.errors.Count -eq 0
    return $row
}

# ---- certificates ----
# Opens a store, runs a block with it and closes it.
function Use-Store([string]$Name, [OpenFlags]$Flags, [scriptblock]$Body) {
    if ('My', 'Root', 'CA', 'REQUEST' -cnotcontains $Name) { Stop-Step 'Store' "the store is not allowed: '$Name'" }
    $store = [X509Store]::new($Name, [StoreLocation]$Location)
    $store.Open($Flags)
    try { & $Body $store } finally { $store.Close() }
}

# Gives the certificates of a store.
function Get-StoreCert([string]$Name) { return Use-Store $Name 'ReadOnly' { param($s) $s.Certificates } }

# Finds a certificate of a store by thumbprint, if it is there.
function Find-StoreCert([string]$Name, [string]$Thumbprint) {
    if ($Thumbprint -notmatch '\A[0-9A-Fa-f]{40}\z') { Stop-Step 'Protocol' "not a thumbprint: '$Thumbprint'" }
    foreach ($c in @(Get-StoreCert $Name)) { if ($c.Thumbprint -eq $Thumbprint) { return $c } }
}

# Finds the certificate that a step is about.
function Get-StepCert($Step) {
    $name = Get-Field $Step 'store' 'My'
    $thumbprint = Get-Field $Step 'thumbprint'
    $cert = Find-StoreCert $name $thumbprint
    if (-not $cert) { Stop-Step 'NotFound' "no certificate $thumbprint in the store $name" }
    return $cert
}

# Gets the private key object of a certificate, or nothing.
function Get-PrivateKey($Cert) {
    if (-not $Cert.HasPrivateKey) { return }
    if ($PSVersionTable.PSVersion.Major -lt 6) {    # there GetRSAPrivateKey wraps the key of a CSP, too, as RSACng
        try { if ($Cert.PrivateKey -is [RSACryptoServiceProvider]) { return $Cert.PrivateKey } } catch { $null = $_ }
    }
    $key = [RSACertificateExtensions]::GetRSAPrivateKey($Cert)
    if (-not $key) { $key = [ECDsaCertificateExtensions]::GetECDsaPrivateKey($Cert) }
    return $key
}

# Describes a private key: where it lives and whether it can be exported.
function ConvertTo-KeyRow($Key) {
    $row = @{ kind = $Key.GetType().Name; exportable = $true }
    if ($Key -is [RSACryptoServiceProvider]) {
        $i = $Key.CspKeyContainerInfo
        $row.exportable = [bool]$i.Exportable; $row.provider = [string]$i.ProviderName
        $row.container = [string]$i.UniqueKeyContainerName; $row.machine = [bool]$i.MachineKeyStore
    }
    elseif ($row.kind -like '*Cng') {
        $row.exportable = ([int]$Key.Key.ExportPolicy -band 3) -ne 0; $row.provider = [string]$Key.Key.Provider.Provider
        $row.container = [string]$Key.Key.UniqueName; $row.machine = [bool]$Key.Key.IsMachineKey
    }
    return $row
}

# Describes the private key of a certificate; one that cannot be opened gives its error.
function Get-KeyRow($Cert) {
    $key = $null
    try { $key = Get-PrivateKey $Cert; if ($key) { return ConvertTo-KeyRow $key } }
    catch { return @{ error = [string]$_.Exception.Message } }
    finally { if ($key) { $key.Dispose() } }
}

# Deletes the container of a key unless a certificate in My or REQUEST uses it; tells whether it did.
function Remove-OrphanKey($Key, [string]$Thumbprint) {
    if (-not $Key -or -not $OnWindows) { return $false }
    $container = (ConvertTo-KeyRow $Key).container
    if (-not $container) { return $false }
    foreach ($name in 'My', 'REQUEST') {
        foreach ($c in @(Get-StoreCert $name)) {
            $row = Get-KeyRow $c
            if ($row.container -eq $container -or ($row.error -and $c.Thumbprint -eq $Thumbprint)) { return $false }
        }
    }
    if ($Key -is [RSACryptoServiceProvider]) { $Key.PersistKeyInCsp = $false; $Key.Clear() } else { $Key.Key.Delete() }
    return $true
}

# Describes a certificate briefly. key_id is the key identifier of RFC 7093, section 2, method 1; of the classes that
# compute SHA-256 this one is there in all versions of .NET, and may be used where FIPS is enforced.
function ConvertTo-CertRow($Cert) {
    $row = [ordered]@{
        thumbprint = $Cert.Thumbprint; subject = $Cert.Subject
        key_id = [Convert]::ToBase64String([SHA256CryptoServiceProvider]::new().ComputeHash($Cert.GetPublicKey()), 0, 20)
        not_before = ConvertTo-Plain $Cert.NotBefore; not_after = ConvertTo-Plain $Cert.NotAfter
    }
    if ($Cert.Subject -ne $Cert.Issuer) { $row.issuer = $Cert.Issuer }
    return $row
}

# Puts the certificates of a file into the stores given for them; on failure undoes all of it.
function Import-StepCert($Step) {
    $place = Get-Field $Step 'stores' @{}
    $flags = 'PersistKeySet'
    if ($Location -eq 'LocalMachine') { $flags += ', MachineKeySet' }
    if ((Get-Field $Step 'exportable') -eq $true) { $flags += ', Exportable' }
    $password = Get-Secret (Get-Field $Step 'password' '=')
    $certs = [X509Certificate2Collection]::new()
    $rows = @(); $undo = @()
    try {
        $certs.Import((Get-Data $Step), $password, [X509KeyStorageFlags]$flags)
        foreach ($t in @($place.get_Keys())) {
            if ($certs.Thumbprint -notcontains $t) { Stop-Step 'NotFound' "no certificate $t in the file" }
        }
        foreach ($c in $certs) {
            $row = ConvertTo-CertRow $c
            $row.has_key = $c.HasPrivateKey; $row.store = Get-Field $place $c.Thumbprint; $row.added = $false
            $rows += $row
            if ($null -eq $row.store) { continue }
            $old = Find-StoreCert $row.store $c.Thumbprint
            if ($old -and ($old.HasPrivateKey -or -not $c.HasPrivateKey)) { continue }
            Use-Store $row.store 'ReadWrite' { param($s) $s.Add($c) }
            $row.added = $true
            $undo += @{ store = $row.store; cert = $c; old = $old }
        }
    }
    catch {
        foreach ($u in $undo) { $null = Invoke-Safely { Use-Store $u.store 'ReadWrite' { param($s) $s.Remove($u.cert); if ($u.old) { $s.Add($u.old) } } } }
        throw
    }
    finally {
        foreach ($c in $certs) { $null = Invoke-Safely { $key = Get-PrivateKey $c; Remove-OrphanKey $key $c.Thumbprint; if ($key) { $key.Dispose() } } }
    }
    return @{ ok = $true; certificates = $rows }
}

# Returns a certificate with its key and the given chain as a PFX.
function Export-StepCert($Step) {
    $cert = Get-StepCert $Step
    if (-not $cert.HasPrivateKey) { Stop-Step 'NoKey' "certificate $($cert.Thumbprint) has no private key here" }
    $all = [X509Certificate2Collection]::new($cert)
    foreach ($d in @(Get-Field $Step 'chain' @())) { $null = $all.Add([X509Certificate2]::new([Convert]::FromBase64String([string]$d))) }
    return @{ ok = $true; data = [Convert]::ToBase64String($all.Export('Pfx', (Get-Secret (Get-Field $Step 'password')))) }
}

# Takes a certificate out of a store, with its key container if asked for and not shared.
function Remove-StepCert($Step) {
    $cert = Get-StepCert $Step
    $key = $null
    if ((Get-Field $Step 'delete_key') -eq $true) { $key = Get-PrivateKey $cert }
    Use-Store (Get-Field $Step 'store' 'My') 'ReadWrite' { param($s) $s.Remove($cert) }
    try { return @{ ok = $true; key_deleted = Remove-OrphanKey $key } } finally { if ($key) { $key.Dispose() } }
}

# Sets the friendly name of a certificate in its store.
function Set-StepCert($Step) {
    $cert = Get-StepCert $Step
    $text = Get-Text (Get-Field $Step 'friendly_name')
    Use-Store (Get-Field $Step 'store' 'My') 'ReadWrite' { param($s) foreach ($c in $s.Certificates) { if ($c.Equals($cert)) { $c.FriendlyName = $text } } }
    return @{ ok = $true }
}

# ---- sections ----
# Lists a store; 'brief' leaves a certificate itself out unless it issued another one.
function Read-Store([string]$Name, [string]$Detail, [hashtable]$Issuers) {
    $rows = @()
    foreach ($c in @(Get-StoreCert $Name)) {
        $row = ConvertTo-CertRow $c
        if ($Detail -eq 'full') {
            $row.friendly_name = [string]$c.FriendlyName; $row.has_key = $c.HasPrivateKey
            if ($Name -eq 'My' -or $Name -eq 'REQUEST') { $row.key = Get-KeyRow $c }
        }
        if ($Detail -eq 'full' -or $Issuers.ContainsKey($c.Subject)) { $row.der = [Convert]::ToBase64String($c.RawData) }
        $rows += $row
    }
    return @{ ok = $true; certificates = $rows }
}

# Describes this computer and the vendor module.
function Read-Computer {
    $ip = [Net.NetworkInformation.IPGlobalProperties]::GetIPGlobalProperties()
    $row = @{
        ok = $true; fqdn = "$($ip.HostName).$($ip.DomainName)".TrimEnd('.'); joined = $null; domain = $null; elevated = $null
        os_version = [string][Environment]::OSVersion.Version; ps_version = [string]$PSVersionTable.PSVersion
        module = $null; module_version = $null; time = ConvertTo-Plain ([datetime]::UtcNow)
        time_zone = [TimeZoneInfo]::Local.Id; utc_offset = [int][TimeZoneInfo]::Local.GetUtcOffset([datetime]::UtcNow).TotalMinutes; errors = @()
    }
    if ($OnWindows) {
        try {
            $row.elevated = [WindowsPrincipal]::new([WindowsIdentity]::GetCurrent()).IsInRole([WindowsBuiltInRole]::Administrator)
            $system = Get-CimInstance -ClassName Win32_ComputerSystem -ErrorAction Stop
            $row.joined = [bool]$system.PartOfDomain; $row.domain = [string]$system.Domain
        }
        catch { $row.errors += ConvertTo-ErrorRow $_ }
    }
    try { Open-Child; $row.module = [string]$script:Module.Name; $row.module_version = [string]$script:Module.Version }
    catch { $row.errors += ConvertTo-ErrorRow $_ }
    return $row
}

# Runs a reading cmdlet, with one switch or none, for a section.
function Read-Cmdlet([string]$Name, [string]$Switch) {
    $params = @{}
    if ($Switch) { $params[$Switch] = @{ t = 'switch'; v = $true } }
    return Invoke-Safely { Invoke-Cmdlet $Name $params }
}

# Returns one section of the state after the steps.
function Read-Section([string]$Name, [hashtable]$Issuers) {
    if ($Name -cmatch '\A(My|Root|CA|REQUEST):(full|brief)\z') { return Read-Store $Matches[1] $Matches[2] $Issuers }
    switch ($Name) {
        'assignments' { return Read-Cmdlet 'Get-CsCertificate' }
        'requests' { return Read-Cmdlet 'Request-CsCertificate' 'List' }
        'services' { return Read-Cmdlet 'Get-CsWindowsService' }
        'computer' { return Read-Computer }
        'topology' {
            $row = @{ computer = Read-Cmdlet 'Get-CsComputer' 'Local'; edge = Read-Cmdlet 'Get-CsService' 'EdgeServer'; sip_domains = Read-Cmdlet 'Get-CsSipDomain' }
            $row.ok = $row.computer.ok -and $row.edge.ok -and $row.sip_domains.ok
            return $row
        }
    }
    Stop-Step 'Protocol' "unknown section '$Name'"
}

# ---- steps ----
# Waits for its turn among the calls that change this server; the lock ends with the process.
function Open-Lock([string]$Name, [int]$Limit) {
    $lock = [Threading.Mutex]::new($false, $Name)
    try { if ($lock.WaitOne($Limit * 1000)) { return $lock } }
    catch [Threading.AbandonedMutexException] { return $lock }
    Stop-Step 'Busy' "another call has been changing this server for $Limit s"
}

# Carries out one step; in check mode only one that reads.
function Invoke-Step($Step) {
    $op = [string](Get-Field $Step 'op')
    $name = [string](Get-Field $Step 'name')
    if ((Get-Field $Call '_ansible_check_mode') -eq $true -and $op -ne 'read_file' -and $name -notmatch '\A(Get|Test)-') { Stop-Step 'CheckMode' "refused in check mode: $op $name" }
    switch -CaseSensitive ($op) {
        'cmdlet' { return Invoke-Cmdlet $name (Get-Field $Step 'parameters' @{}) @(Get-Field $Step 'properties' @()) (Get-Field $Step 'timeout' 600) }
        'write_file' { return Write-StepFile $Step }
        'read_file' { return Read-StepFile $Step }
        'delete_file' { [File]::Delete((Resolve-StepPath (Get-Field $Step 'path'))); return @{ ok = $true } }
        'cert_import' { return Import-StepCert $Step }
        'cert_export' { return Export-StepCert $Step }
        'cert_remove' { return Remove-StepCert $Step }
        'cert_set' { return Set-StepCert $Step }
    }
    Stop-Step 'Protocol' "unknown op '$op'"
}

$result = [ordered]@{ contract = 1; failed_step = $null; steps = @(); read = [ordered]@{}; cleanup_errors = @(); fatal = $null }
try {
    if ((Get-Field $Call 'contract') -ne 1) { Stop-Step 'Contract' 'this runner speaks contract 1 only' }
    $script:Location = [string](Get-Field $Call 'store_location' 'LocalMachine')
    if ('LocalMachine', 'CurrentUser' -cnotcontains $Location) { Stop-Step 'Protocol' 'unknown store_location' }
    $null = Invoke-Safely { Clear-Leftover }
    $steps = @(Get-Field $Call 'steps' @())
    $lock = $null
    try {
        if (@($steps | Where-Object { $_ -isnot [Collections.IDictionary] -or (Get-Field $_ 'op') -ne 'read_file' }).Count) {
            $lock = Open-Lock (Get-Field $Call 'lock' 'Global\sfb.certificates') (Get-Field $Call 'lock_timeout' 60)
        }
        foreach ($step in $steps) {
            $row = Invoke-Safely { Invoke-Step $step }
            $result.steps += $row
            if (-not $row.ok) { $result.failed_step = $result.steps.Count - 1; break }
        }
    }
    finally {
        if ($script:TempDir) { try { [Directory]::Delete($script:TempDir, $true) } catch { $result.cleanup_errors += [string]$_.Exception.Message } }
        if ($lock) { $lock.ReleaseMutex(); $lock.Dispose() }
    }
    $sections = @(Get-Field $Call 'read' @())
    $issuers = @{}
    foreach ($name in @($sections -cmatch '\A(My|Root|CA|REQUEST):')) {
        $null = Invoke-Safely { foreach ($c in @(Get-StoreCert ($name -replace ':.*'))) { if ($c.Subject -ne $c.Issuer) { $issuers[$c.Issuer] = $true } } }
    }
    foreach ($name in $sections) { $result.read[([string]$name -replace ':.*')] = Invoke-Safely { Read-Section $name $issuers } }
}
catch { $result.fatal = ConvertTo-ErrorRow $_ }
finally { $null = Invoke-Safely { if ($script:Child) { $script:Child.Close() } } }
Remove-TypeData -TypeName System.Array -ErrorAction Ignore    # with it 5.1 writes some arrays as objects
try { ConvertTo-Json -InputObject $result -Depth 12 -Compress }
catch { '{"contract":1,"failed_step":null,"steps":[],"read":{},"cleanup_errors":[],"fatal":{"message":"the result is no JSON","id":"CsInvoke.Output"}}' }
