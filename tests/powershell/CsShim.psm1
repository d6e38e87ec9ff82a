# Copyright (c) 2026 sfb.certificates contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Test doubles for the certificate cmdlets of Lync Server 2013 / Skype for Business Server.
# PowerShell 7 only. They act on the CurrentUser certificate stores (HOME decides which) and on
# $HOME/cs/state.json, which describes the emulated server:
#   computer {fqdn, pool}   edge {AccessEdgeExternalFqdn, ...}   sip_domains [..]   needs [usages of the role]
#   ca {config, pfx (path, no password), policy, account, password}     services [{Name, Status, ..}]
#   requests [..], assignments {usage: {..}}, keys {thumbprint: exportable}    kept by the cmdlets
#   switches: behaviour that Microsoft does not document, with the default in Get-Switch
# Get-CsPool -Identity '!<name>' produces one kind of trouble, see there.

using namespace System.Security.Cryptography
using namespace System.Security.Cryptography.X509Certificates

enum CertType {
    Default; Internal; External; AccessEdgeExternal; DataEdgeExternal; AudioVideoAuthentication
    WebServicesInternal; WebServicesExternal; OAuthTokenIssuer; XmppServer; WsFedTokenTransfer
    iPhoneAPNService; iPadAPNService; MPNService; PICWebService; ProvisionService
    LogRetentionService; SMPDNSWebService; TenantAdmin; UpgradeEngineService
}
enum KeyAlgorithm { RSA; ECDH_P256; ECDH_P384; ECDH_P521 }
enum ServiceStatus { Stopped = 1; StartPending; StopPending; Running; ContinuePending; PausePending; Paused }

# ---- state ---------------------------------------------------------------------------------
function Get-StatePath { [IO.Path]::Combine($env:HOME, 'cs', 'state.json') }

function Read-State {
    $s = [IO.File]::ReadAllText((Get-StatePath)) | ConvertFrom-Json -AsHashtable -DateKind String
    foreach ($k in 'assignments', 'keys', 'switches', 'ca', 'edge', 'computer') { if ($null -eq $s[$k]) { $s[$k] = @{} } }
    foreach ($k in 'requests', 'services', 'needs', 'sip_domains') { $s[$k] = @($s[$k] | Where-Object { $null -ne $_ }) }
    return $s
}

function Save-State($State) { [IO.File]::WriteAllText((Get-StatePath), (ConvertTo-Json -InputObject $State -Depth 8)) }

# Undocumented behaviour: the value in the state file, else the default here.
function Get-Switch($State, [string]$Name) {
    $defaults = @{
        request_returns_object = $true    # Request -New writes an object (else nothing, as documented)
        key_exportable_default = $false   # Request without -PrivateKeyExportable
        cms_inaccessible       = $false   # the topology cannot be read through the CMS (workgroup Edge)
        staged_row             = 'new'    # Get after a staged -Roll shows the new or still the 'old' certificate
        p7b_leaf_only          = $true    # Import of a .p7b puts only the bound certificate into My
        request_warns_chain    = $true    # Request -CA warns when the chain does not build
    }
    if ($State.switches.ContainsKey($Name)) { return $State.switches[$Name] }
    return $defaults[$Name]
}

# ---- errors --------------------------------------------------------------------------------
# Makes an error record; the vendor's own exception type is compiled only when it is needed.
function New-Failure([string]$Kind, [string]$Message, [string]$Id = 'CsFailure', [string]$Category = 'InvalidOperation') {
    if ($Kind -eq 'vendor') {
        $Kind = 'Microsoft.Rtc.Management.Common.Certificates.CertificateException'
        if (-not ($Kind -as [type])) {
            Add-Type -TypeDefinition 'namespace Microsoft.Rtc.Management.Common.Certificates { public class CertificateException : System.Exception { public CertificateException(string m) : base(m) {} } }'
        }
    }
    return [Management.Automation.ErrorRecord]::new((New-Object $Kind $Message), $Id, $Category, $null)
}

# ---- stores --------------------------------------------------------------------------------
function Open-CertStore([string]$Name) {
    $s = [X509Store]::new($Name, [StoreLocation]::CurrentUser); $s.Open('ReadWrite'); return $s
}

function Add-StoreCert([string]$Name, $Cert) { $s = Open-CertStore $Name; try { $s.Add($Cert) } finally { $s.Close() } }
function Remove-StoreCert([string]$Name, $Cert) { $s = Open-CertStore $Name; try { $s.Remove($Cert) } finally { $s.Close() } }
function Get-StoreCert([string]$Name) { $s = Open-CertStore $Name; try { $s.Certificates } finally { $s.Close() } }

function Get-Key($Cert) {
    $k = [RSACertificateExtensions]::GetRSAPrivateKey($Cert)
    if ($null -eq $k) { $k = [ECDsaCertificateExtensions]::GetECDsaPrivateKey($Cert) }
    return $k
}

function Join-Key($Cert, $Key) {
    if ($Key -is [RSA]) { return [RSACertificateExtensions]::CopyWithPrivateKey($Cert, $Key) }
    return [ECDsaCertificateExtensions]::CopyWithPrivateKey($Cert, $Key)
}

# Builds the chain from the stores of this host only.
function Test-Chain($Cert) {
    $chain = [X509Chain]::new()
    $chain.ChainPolicy.RevocationMode = 'NoCheck'
    $chain.ChainPolicy.TrustMode = 'CustomRootTrust'
    foreach ($c in @(Get-StoreCert 'Root')) { $null = $chain.ChainPolicy.CustomTrustStore.Add($c) }
    foreach ($c in @(Get-StoreCert 'CA')) { $null = $chain.ChainPolicy.ExtraStore.Add($c) }
    return $chain.Build($Cert)
}

# Moves the key that waits in REQUEST to an issued certificate; gives nothing when none fits.
function Complete-Request($Cert) {
    foreach ($w in @(Get-StoreCert 'REQUEST')) {
        if ([Convert]::ToBase64String($w.PublicKey.EncodedKeyValue.RawData) -ne [Convert]::ToBase64String($Cert.PublicKey.EncodedKeyValue.RawData)) { continue }
        Add-StoreCert 'My' (Join-Key $Cert (Get-Key $w))
        Remove-StoreCert 'REQUEST' $w
        $state = Read-State
        $state.keys[$Cert.Thumbprint] = $state.keys[$w.Thumbprint]; $state.keys.Remove($w.Thumbprint)
        Save-State $state
        return $Cert.Thumbprint
    }
}

# ---- certification authority ---------------------------------------------------------------
# Signs what waits under a REQUEST thumbprint with the CA key of the state folder.
function New-Issued($State, [string]$Waiting, [string[]]$Names, [string]$Subject) {
    $ca = [X509Certificate2]::new([IO.File]::ReadAllBytes($State.ca.pfx), '', [X509KeyStorageFlags]::Exportable)
    $entry = @(Get-StoreCert 'REQUEST' | Where-Object { $_.Thumbprint -eq $Waiting })[0]
    $req = New-Csr $Subject (Get-Key $entry) $Names $false
    $serial = [byte[]]::new(12); [RandomNumberGenerator]::Fill($serial); $serial[0] = 1
    $generator = [X509SignatureGenerator]::CreateForRSA([RSACertificateExtensions]::GetRSAPrivateKey($ca), [RSASignaturePadding]::Pkcs1)
    return $req.Create($ca.SubjectName, $generator, [DateTimeOffset]::UtcNow.AddHours(-1), $ca.NotAfter.AddDays(-1), $serial)
}

function New-Csr([string]$Subject, $Key, [string[]]$Names, [bool]$ClientEku) {
    $dn = [X500DistinguishedName]::new($Subject)
    if ($Key -is [RSA]) { $req = [CertificateRequest]::new($dn, $Key, [HashAlgorithmName]::SHA256, [RSASignaturePadding]::Pkcs1) }
    else { $req = [CertificateRequest]::new($dn, $Key, [HashAlgorithmName]::SHA256) }
    if ($Names) {
        $san = [SubjectAlternativeNameBuilder]::new(); foreach ($n in $Names) { $san.AddDnsName($n) }
        $req.CertificateExtensions.Add($san.Build())
    }
    $eku = [OidCollection]::new(); $null = $eku.Add([Oid]::new('1.3.6.1.5.5.7.3.1'))
    if ($ClientEku) { $null = $eku.Add([Oid]::new('1.3.6.1.5.5.7.3.2')) }
    $req.CertificateExtensions.Add([X509EnhancedKeyUsageExtension]::new($eku, $false))
    return $req
}

# ---- Request-CsCertificate -----------------------------------------------------------------
function Request-CsCertificate {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'ByNew')]
    param(
        [Parameter(Mandatory = $true, ParameterSetName = 'ByNew', Position = 0)][switch]$New,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByList', Position = 0)][switch]$List,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByRetrieve', Position = 0)][switch]$Retrieve,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByClear', Position = 0)][switch]$Clear,
        [Parameter(ParameterSetName = 'ByList')][Parameter(ParameterSetName = 'ByRetrieve')][Parameter(ParameterSetName = 'ByClear')][int]$RequestId,
        [Parameter(Mandatory = $true, ParameterSetName = 'ByNew')][CertType[]]$Type,
        [Parameter(ParameterSetName = 'ByNew')][switch]$AllSipDomain,
        [Parameter(ParameterSetName = 'ByNew')][string]$CA,
        [Parameter(ParameterSetName = 'ByNew')][string]$CaAccount,
        [Parameter(ParameterSetName = 'ByNew')][string]$CaPassword,
        [Parameter(ParameterSetName = 'ByNew')][Nullable[bool]]$ClientEKU,
        [Parameter(ParameterSetName = 'ByNew')][string]$ComputerFqdn,
        [Parameter(ParameterSetName = 'ByNew')][string]$DomainName,
        [Parameter(ParameterSetName = 'ByNew')][string]$FriendlyName,
        [Parameter(ParameterSetName = 'ByNew')][KeyAlgorithm]$KeyAlg = 'RSA',
        [Parameter(ParameterSetName = 'ByNew')][ValidateSet(1024, 2048, 4096)][int]$KeySize = 2048,
        [Parameter(ParameterSetName = 'ByNew')][Nullable[bool]]$PrivateKeyExportable,
        [Parameter(ParameterSetName = 'ByNew')][string]$Template = 'WebServer',
        [Parameter(ParameterSetName = 'ByNew')][string]$Output,
        [Parameter(ParameterSetName = 'ByNew')][string]$Organization,
        [Parameter(ParameterSetName = 'ByNew')][string]$OU,
        [Parameter(ParameterSetName = 'ByNew')][string]$City,
        [Parameter(ParameterSetName = 'ByNew')][string]$State,
        [Parameter(ParameterSetName = 'ByNew')][string]$Country,
        [Parameter(ParameterSetName = 'ByNew')][string]$GlobalCatalog,
        [Parameter(ParameterSetName = 'ByNew')][string]$GlobalSettingsDomainController,
        [string]$Report, [switch]$Force
    )
    if (-not $PSCmdlet.ShouldProcess($PSCmdlet.ParameterSetName, 'Request-CsCertificate')) { return }
    Write-Progress -Activity 'Request-CsCertificate' -Status 'working' -PercentComplete 10
    $cs = Read-State
    if ($PSCmdlet.ParameterSetName -ne 'ByNew') {
        foreach ($r in @($cs.requests)) {
            if ($PSBoundParameters.ContainsKey('RequestId') -and $r.RequestId -ne $RequestId) { continue }
            if ($Retrieve) { Receive-Request $r $PSCmdlet }
            elseif ($Clear) {
                $cs = Read-State
                foreach ($w in @(Get-StoreCert 'REQUEST')) { if ($w.Thumbprint -eq $r.Waiting) { Remove-StoreCert 'REQUEST' $w } }
                $cs.requests = @($cs.requests | Where-Object { $_.RequestId -ne $r.RequestId }); Save-State $cs
            }
            else { [pscustomobject]@{ RequestId = [int]$r.RequestId; RequestStatus = 'Pending'; CA = $r.CA; FriendlyName = $r.FriendlyName; Type = @($r.Type) } }
        }
        return
    }
    if (@($Type | Where-Object { $cs.needs.Count -and $cs.needs -notcontains "$_" }).Count) {
        $PSCmdlet.ThrowTerminatingError((New-Failure 'InvalidOperationException' 'The computer does not need a certificate of the given type.'))
    }
    if (-not $CA -and -not $Output) { $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'Neither a certification authority nor an output file was given.' 'CsArgument' 'InvalidArgument')) }
    if ($ComputerFqdn -and (Get-Switch $cs 'cms_inaccessible')) {
        $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'The Central Management Store cannot be read from this computer.' 'CentralMgmtStoreInaccessible' 'InvalidArgument'))
    }
    if ($CA) {
        if ($cs.ca.policy -eq 'unreachable' -or $CA -ne $cs.ca.config) {
            $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' "Unable to contact certification authority `"$CA`"." 'CsCa' 'InvalidArgument'))
        }
        if ($cs.ca.account -and ($CaAccount -ne $cs.ca.account -or $CaPassword -cne $cs.ca.password)) {
            $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'The request failed; make sure that you are logged on with the correct credentials.' 'CsCa' 'InvalidArgument'))
        }
        if ($cs.ca.policy -eq 'template') { $PSCmdlet.ThrowTerminatingError((New-Failure 'vendor' "The request was for a certificate template that is not supported: $Template")) }
        if ($cs.ca.policy -eq 'denied') { $PSCmdlet.ThrowTerminatingError((New-Failure 'vendor' 'Denied by Policy Module 0x80094800')) }
    }
    $edge = @('AccessEdgeExternal', 'DataEdgeExternal', 'AudioVideoAuthentication', 'External')
    $sip = @($cs.sip_domains); if (-not $AllSipDomain) { $sip = @($sip | Select-Object -First 1) }
    if (@($Type | Where-Object { $edge -contains "$_" }).Count) {
        $cn = $cs.edge.AccessEdgeExternalFqdn
        $names = @($cn, $cs.edge.DataEdgeExternalFqdn) + @($sip | ForEach-Object { "sip.$_" })
    }
    elseif ($Type -contains [CertType]::Internal) { $cn = $cs.computer.pool; $names = @() }
    else { $cn = $cs.computer.pool; $names = @($cn, $cs.computer.fqdn) + @($sip | ForEach-Object { "sip.$_" }) }
    if ($DomainName) { $names += @($DomainName.Split(',') | ForEach-Object { $_.Trim() } | Where-Object { $_ }) }
    $names = @($names | Where-Object { $_ } | Select-Object -Unique)
    $subject = "CN=$cn"
    foreach ($p in @(@('OU', $OU), @('O', $Organization), @('L', $City), @('S', $State), @('C', $Country))) {
        if ($p[1]) { $subject += ', {0}="{1}"' -f $p[0], $p[1].Replace('"', '""') }
    }
    if ($KeyAlg -eq 'RSA') { $key = [RSA]::Create($KeySize) }
    else { $key = [ECDsa]::Create([ECCurve]::CreateFromFriendlyName('nistP' + "$KeyAlg".Substring(6))) }
    $csr = New-Csr $subject $key $names ($ClientEKU -eq $true)
    $waiting = $csr.CreateSelfSigned([DateTimeOffset]::UtcNow.AddHours(-1), [DateTimeOffset]::UtcNow.AddDays(365))
    Add-StoreCert 'REQUEST' $waiting
    $exportable = Get-Switch $cs 'key_exportable_default'
    if ($null -ne $PrivateKeyExportable) { $exportable = [bool]$PrivateKeyExportable }
    $cs.keys[$waiting.Thumbprint] = $exportable
    $answer = [ordered]@{ RequestStatus = 'Offline'; RequestId = 0; Thumbprint = $null }
    if ($Output) {
        $der = $csr.CreateSigningRequest()
        $pem = "-----BEGIN NEW CERTIFICATE REQUEST-----`r`n" + [Convert]::ToBase64String($der, 'InsertLineBreaks') + "`r`n-----END NEW CERTIFICATE REQUEST-----`r`n"
        [IO.File]::WriteAllText($Output, $pem, [Text.Encoding]::ASCII)
        Save-State $cs
    }
    else {
        $id = 7 + [int]$cs.last_id; $cs.last_id = $id - 6
        $cs.requests = @($cs.requests) + @{ RequestId = $id; CA = $CA; Waiting = $waiting.Thumbprint; Names = $names; Subject = $subject; Type = @($Type | ForEach-Object { "$_" }); FriendlyName = $FriendlyName; Decision = $cs.ca.policy }
        Save-State $cs
        $answer.RequestId = $id; $answer.RequestStatus = 'Pending'
        if ($cs.ca.policy -eq 'issued') { $answer.RequestStatus = 'Issued'; $answer.Thumbprint = Receive-Request @($cs.requests)[-1] $PSCmdlet }
    }
    if (Get-Switch $cs 'request_returns_object') { [pscustomobject]$answer }
}

# Fetches one pending request according to the decision noted for it in the state file.
function Receive-Request($Request, $Caller) {
    $cs = Read-State
    switch ($Request.Decision) {
        'pending' { return }
        'revoked' { $Caller.ThrowTerminatingError((New-Failure 'vendor' "The state of request $($Request.RequestId) is not supported: revoked. Clear the request.")) }
        'denied' { $Caller.ThrowTerminatingError((New-Failure 'vendor' "Request $($Request.RequestId): Denied by Policy Module 0x80094800")) }
    }
    $cert = New-Issued $cs $Request.Waiting @($Request.Names) $Request.Subject
    $cs.requests = @($cs.requests | Where-Object { $_.RequestId -ne $Request.RequestId }); Save-State $cs
    $thumbprint = Complete-Request $cert
    if ((Get-Switch $cs 'request_warns_chain') -and -not (Test-Chain $cert)) { Write-Warning "The chain of the certificate `"$thumbprint`" is invalid." }
    return $thumbprint
}

# ---- Import-CsCertificate ------------------------------------------------------------------
function Import-CsCertificate {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium', DefaultParameterSetName = 'Local')]
    param(
        [Parameter(Mandatory = $true)][string]$Path,
        [Parameter(Mandatory = $true, ParameterSetName = 'CMS', Position = 1)][string]$Identity,
        [Parameter(Mandatory = $true, ParameterSetName = 'CMS')][CertType[]]$Type,
        [string]$Password,
        [Parameter(ParameterSetName = 'Local')][Nullable[bool]]$PrivateKeyExportable,
        [Alias('EffectiveTime')][datetime]$EffectiveDate, [switch]$Roll, [string]$Report, [switch]$Force
    )
    if (-not $PSCmdlet.ShouldProcess($Path)) { return }
    if ($Roll -and -not $PSBoundParameters.ContainsKey('EffectiveDate')) { $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'Roll needs an effective date.' 'CsArgument' 'InvalidArgument')) }
    if (-not [IO.File]::Exists($Path)) { $PSCmdlet.ThrowTerminatingError((New-Failure 'IO.FileNotFoundException' "Cannot find the file `"$Path`"." 'CsFile' 'ObjectNotFound')) }
    $all = [X509Certificate2Collection]::new()
    try { $all.Import([IO.File]::ReadAllBytes($Path), $Password, [X509KeyStorageFlags]::Exportable) }
    catch { $PSCmdlet.ThrowTerminatingError((New-Failure 'Security.Cryptography.CryptographicException' 'The specified network password is not correct.' 'CsPassword' 'InvalidData')) }
    $bound = 0; $last = $null
    foreach ($c in $all) {
        if ($c.HasPrivateKey) {
            Add-StoreCert 'My' $c; $bound++; $last = $c.Thumbprint
            $cs = Read-State; $cs.keys[$c.Thumbprint] = [bool]$PrivateKeyExportable; Save-State $cs
        }
        elseif (Complete-Request $c) { $bound++; $last = $c.Thumbprint }
        elseif ([IO.Path]::GetExtension($Path) -ne '.pfx' -and -not ((Get-Switch (Read-State) 'p7b_leaf_only') -and $all.Count -gt 1)) { Add-StoreCert 'My' $c; $last = $c.Thumbprint }
    }
    if ($PSCmdlet.ParameterSetName -eq 'CMS') {
        $cs = Read-State
        foreach ($t in $Type) { Set-Assignment $cs "$t" $last $(if ($PSBoundParameters.ContainsKey('EffectiveDate')) { $EffectiveDate }) 'Global' }
        Save-State $cs
    }
    if (-not $bound) { Write-Warning 'No private key belongs to the imported certificate.' }
}

# ---- Set-, Get-, Remove-CsCertificate ------------------------------------------------------
function Set-Assignment($State, [string]$Use, [string]$Thumbprint, $Effective, [string]$Scope) {
    $old = $State.assignments[$Use]
    $now = [datetime]::UtcNow.ToString('o')
    $row = @{ Thumbprint = $Thumbprint; PreviousThumbprint = $null; EffectiveDate = $now; UpdateTime = $now; SourceScope = $Scope }
    if ($Effective) { $row.EffectiveDate = $Effective.ToUniversalTime().ToString('o') }
    if ($null -ne $old) { $row.PreviousThumbprint = $old.PreviousThumbprint; if ($old.Thumbprint -ne $Thumbprint) { $row.PreviousThumbprint = $old.Thumbprint } }
    $State.assignments[$Use] = $row
}

function Set-CsCertificate {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High', DefaultParameterSetName = 'Thumbprint')]
    param(
        [Parameter(Mandatory = $true)][CertType[]]$Type,
        [Parameter(Mandatory = $true, ParameterSetName = 'Thumbprint')][string]$Thumbprint,
        [Parameter(Mandatory = $true, ParameterSetName = 'CertificateReference', ValueFromPipeline = $true)][object]$Reference,
        [Parameter(Mandatory = $true, ParameterSetName = 'Path')][string]$Path,
        [Parameter(ParameterSetName = 'Path')][string]$Password,
        [Parameter(ParameterSetName = 'Thumbprint')][Parameter(ParameterSetName = 'CertificateReference')][Parameter(Mandatory = $true, ParameterSetName = 'Path')][string]$Identity,
        [Alias('EffectiveTime')][datetime]$EffectiveDate, [switch]$Roll, [string]$NetportId, [string]$Report, [switch]$Force
    )
    if (-not $PSCmdlet.ShouldProcess("$Type")) { return }
    $dated = $PSBoundParameters.ContainsKey('EffectiveDate')
    if ($Roll -and -not $dated) { $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'Roll needs an effective date.' 'CsArgument' 'InvalidArgument')) }
    if ($Path) { Import-CsCertificate -Path $Path -Password $Password -Confirm:$false; $Thumbprint = @(Get-StoreCert 'My' | Sort-Object NotBefore)[-1].Thumbprint }
    if ($Reference) { $Thumbprint = $Reference.Thumbprint }
    $cert = @(Get-StoreCert 'My' | Where-Object { $_.Thumbprint -eq $Thumbprint })[0]
    $why = $null
    if ($null -eq $cert) { $why = "Certificate with thumbprint $Thumbprint was not found in the computer store." }
    elseif (-not $cert.HasPrivateKey) { $why = "Certificate with thumbprint $Thumbprint has no private key." }
    elseif ($cert.NotAfter -lt [datetime]::Now) { $why = "Certificate with thumbprint $Thumbprint has expired." }
    elseif (-not (Test-Chain $cert)) { $why = "The chain of the certificate $Thumbprint is invalid." }
    if ($why) { $PSCmdlet.ThrowTerminatingError((New-Failure 'InvalidOperationException' $why)) }
    $cs = Read-State
    $scope = 'Local'; if ($Identity -eq 'Global') { $scope = 'Global' }
    foreach ($t in $Type) { Set-Assignment $cs "$t" $Thumbprint $(if ($dated) { $EffectiveDate }) $scope }
    Save-State $cs
}

function Get-CsCertificate {
    [CmdletBinding()]
    param([CertType[]]$Type, [Parameter(Position = 1)][string]$Identity, [string]$NetportId, [string]$Report)
    $cs = Read-State
    foreach ($use in @($cs.assignments.Keys | Sort-Object)) {
        $a = $cs.assignments[$use]
        if ($Type -and @($Type | ForEach-Object { "$_" }) -notcontains $use) { continue }
        if ($Identity -eq 'Global' -and $a.SourceScope -ne 'Global') { continue }
        $date = [datetime]::Parse($a.EffectiveDate, [cultureinfo]::InvariantCulture, 'RoundtripKind')
        $thumbprint, $previous = $a.Thumbprint, $a.PreviousThumbprint
        if ($date -gt [datetime]::UtcNow -and $previous -and (Get-Switch $cs 'staged_row') -eq 'old') { $thumbprint, $previous = $previous, $null }
        $c = @(Get-StoreCert 'My' | Where-Object { $_.Thumbprint -eq $thumbprint })[0]
        $names = @(); if ($c) { foreach ($e in $c.Extensions) { if ($e -is [X509SubjectAlternativeNameExtension]) { $names = @($e.EnumerateDnsNames()) } } }
        [pscustomobject]@{
            PSTypeName = 'Microsoft.Rtc.Management.Deployment.CertificateReference'
            Issuer = $c.Issuer; NotAfter = $c.NotAfter; NotBefore = $c.NotBefore; SerialNumber = $c.SerialNumber; Subject = $c.Subject
            AlternativeNames = [Collections.Generic.List[string]]([string[]]$names); Thumbprint = $thumbprint; EffectiveDate = $date.ToLocalTime()
            PreviousThumbprint = $previous; UpdateTime = [datetime]::Parse($a.UpdateTime, [cultureinfo]::InvariantCulture, 'RoundtripKind'); Use = [CertType]$use; SourceScope = $a.SourceScope
        }
    }
}

function Remove-CsCertificate {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')]
    param([Parameter(Mandatory = $true)][CertType[]]$Type, [Parameter(Position = 1)][string]$Identity, [switch]$Previous, [switch]$Force, [string]$NetportId, [string]$Report)
    $cs = Read-State
    foreach ($t in $Type) {
        $a = $cs.assignments["$t"]
        if ($null -eq $a) { Write-Warning "No certificate is assigned to $t."; continue }
        if (-not $PSCmdlet.ShouldProcess("$t")) { continue }
        if ($Previous) { $a.PreviousThumbprint = $null; continue }
        if (-not $Force -and -not $PSCmdlet.ShouldContinue("The certificate for $t is in use. Remove it?", 'Confirm')) { continue }
        $cs.assignments.Remove("$t")
    }
    Save-State $cs
}

function Test-CsCertificateConfiguration {
    [CmdletBinding()] param([string]$Report)
    $cs = Read-State
    foreach ($n in $cs.needs) { [pscustomobject]@{ PSTypeName = 'Microsoft.Rtc.Management.Deployment.CertificateExists'; Use = $n; Exists = $cs.assignments.ContainsKey($n) } }
}

# ---- services ------------------------------------------------------------------------------
function Get-CsWindowsService {
    [CmdletBinding()] param([Parameter(Position = 0)][string]$Name, [string]$ComputerName, [switch]$ExcludeActivityLevel, [string]$Report)
    foreach ($s in (Read-State).services) {
        if (-not $Name -or $s.Name -eq $Name) {
            [pscustomobject]@{ PSTypeName = 'Microsoft.Rtc.Management.Deployment.Core.NTService'; Name = $s.Name; DisplayName = $s.DisplayName; Status = [ServiceStatus]$s.Status; RoleName = @($s.RoleName); ActivityLevel = $null }
        }
    }
}

function Set-ServiceStatus([string]$Name, [string]$Status, $Caller) {
    $cs = Read-State; $hit = 0
    foreach ($s in $cs.services) { if (-not $Name -or $s.Name -eq $Name) { $s.Status = $Status; $hit++ } }
    if ($Name -and -not $hit) { $Caller.ThrowTerminatingError((New-Failure 'ArgumentException' "Cannot find the service `"$Name`"." 'CsService' 'ObjectNotFound')) }
    Save-State $cs
}

function Stop-CsWindowsService {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Position = 0)][string]$Name, [string]$ComputerName, [switch]$Graceful, [switch]$NoWait, [switch]$LeaveClsAgentRunning, [switch]$LeaveWebServerRunning, [string]$Report, [switch]$Force)
    if ($PSCmdlet.ShouldProcess($Name)) { Set-ServiceStatus $Name 'Stopped' $PSCmdlet }
}

function Start-CsWindowsService {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'Medium')]
    param([Parameter(Position = 0)][string]$Name, [string]$ComputerName, [switch]$NoWait, [string]$Report, [switch]$Force)
    if ($PSCmdlet.ShouldProcess($Name)) { Set-ServiceStatus $Name 'Running' $PSCmdlet }
}

# ---- topology ------------------------------------------------------------------------------
function Get-CsComputer {
    [CmdletBinding(DefaultParameterSetName = 'Identity')]
    param([Parameter(ParameterSetName = 'Identity', Position = 1)][string]$Identity, [Parameter(ParameterSetName = 'Local')][switch]$Local, [Parameter(ParameterSetName = 'Pool')][string]$Pool)
    $c = (Read-State).computer
    [pscustomobject]@{ PSTypeName = 'Microsoft.Rtc.Management.Xds.DisplayComputer'; Identity = $c.fqdn; Pool = $c.pool; Fqdn = $c.fqdn }
}

# Double with made-up trouble: the identity '!<name>' selects it.
function Get-CsPool {
    [CmdletBinding(SupportsShouldProcess = $true, ConfirmImpact = 'High')] param([Parameter(Position = 1)][string]$Identity, [string]$Site, [securestring]$Secret)
    switch ($Identity) {
        '!sleep' { Start-Sleep 60 }
        '!block' { [Threading.Thread]::Sleep(8000) }
        '!write_error' { Write-Error -Message 'the pool is odd' -ErrorId 'CsNonTerminating' -Category InvalidData; 'went on' }
        '!throw' { $PSCmdlet.ThrowTerminatingError((New-Failure 'InvalidOperationException' 'the pool is broken' 'CsTerminating')) }
        '!nested' { throw [InvalidOperationException]::new('outer', [ComponentModel.Win32Exception]::new(5)) }
        '!read_host' { $null = Read-Host 'name?' }
        '!should_continue' { $null = $PSCmdlet.ShouldContinue('really?', 'Confirm') }
        '!noise' { Write-Warning 'a warning'; Write-Host 'noise on the host'; Write-Verbose 'v' -Verbose; Write-Information 'for information'; Write-Progress -Activity a -Status s }
        '!types' {
            [pscustomobject]@{ Text = "line1`nline2"; Number = 7; Long = [long]::MaxValue; Yes = $true; Nothing = $null; Day = [DayOfWeek]::Monday; Id = [guid]::Empty; Url = [uri]'https://pool.example.test/'
                Version = [version]'7.0.2046.0'; When = [datetime]::new(2026, 12, 1, 10, 0, 0, [DateTimeKind]::Utc); Bytes = [byte[]](1, 2, 3); Names = [Collections.Generic.List[string]]@('one'); Empty = @(); Hidden = [securestring]::new(); Real = 1.5 } |
                Add-Member -MemberType ScriptProperty -Name Broken -Value { throw 'getter' } -PassThru
        }
    }
    if ($Identity -and -not $Identity.StartsWith('!') -and $PSCmdlet.ShouldProcess($Identity)) {
        [pscustomobject]@{ Identity = $Identity; Site = $Site; SecretLength = $(if ($Secret) { $Secret.Length }); Computers = @((Read-State).computer.fqdn) }
    }
}

function Get-CsService {
    [CmdletBinding()] param([switch]$EdgeServer, [switch]$Registrar, [string]$PoolFqdn)
    $cs = Read-State
    if ($cs.topology_error) { $PSCmdlet.ThrowTerminatingError((New-Failure 'ArgumentException' 'The topology cannot be read.' 'CentralMgmtStoreInaccessible' 'InvalidArgument')) }
    if ($cs.edge.Count) { [pscustomobject](@{ PSTypeName = 'Microsoft.Rtc.Management.Xds.DisplayEdgeServer'; Identity = "EdgeServer:$($cs.computer.pool)"; PoolFqdn = $cs.computer.pool } + $cs.edge) }
}

function Get-CsSipDomain {
    [CmdletBinding()] param([Parameter(Position = 1)][string]$Identity)
    $first = $true
    foreach ($d in (Read-State).sip_domains) { [pscustomobject]@{ Identity = $d; Name = $d; IsDefault = $first }; $first = $false }
}

function Get-CsTopology {
    [CmdletBinding()]
    param([switch]$AsXml, [switch]$LocalStore)
    if ($AsXml) { return , ([xml]'<Topology><Site Name="one" /></Topology>') }
    [pscustomobject]@{ Sites = @('one') }
}
function Get-CsManagementStoreReplicationStatus {
    [CmdletBinding()]
    param([Parameter(Position = 1)][string]$ReplicaFqdn, [switch]$CentralManagementStoreStatus)
    [pscustomobject]@{ ReplicaFqdn = $ReplicaFqdn; UpToDate = $true; LastUpdateCreation = [datetime]::UtcNow }
}
function Invoke-CsManagementStoreReplication {
    [CmdletBinding(SupportsShouldProcess = $true)]
    param([Parameter(Position = 1)][string]$ReplicaFqdn, [switch]$Force)
    $null = $PSCmdlet.ShouldProcess($ReplicaFqdn)
}

Export-ModuleMember -Function *-Cs*
