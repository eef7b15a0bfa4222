function Get-OneResource([string]$Name) {
    $found = @(Get-ClusterResource | Where-Object { $_.Name -eq $Name })
    if ($found.Count -ne 1) { throw "There is not exactly one resource of the name $Name" }
    $found[0]
}

function Get-OneGroup([string]$Name) {
    $found = @(Get-ClusterGroup | Where-Object { $_.Name -eq $Name })
    if ($found.Count -ne 1) { throw "There is not exactly one group of the name $Name" }
    $found[0]
}

function Get-OneNode([string]$Name) {
    $found = @(Get-ClusterNode | Where-Object { $_.Name -eq $Name })
    if ($found.Count -ne 1) { throw "There is not exactly one node of the name $Name" }
    $found[0]
}

function Get-OwnerName($Resource) {
    @((Get-ClusterOwnerNode -InputObject $Resource).OwnerNodes | ForEach-Object { if ($_.Name) { $_.Name } else { "$_" } })
}

function Get-OneService([string]$Node, [string]$Name) {
    $found = @(Get-Service -ComputerName $Node | Where-Object { $_.Name -eq $Name })
    if ($found.Count -ne 1) { throw "There is not exactly one service of the name $Name on $Node" }
    $found[0]
}

function Get-StartMode([string]$Node, [string]$Name) {
    (Get-WmiObject -Class Win32_Service -ComputerName $Node | Where-Object { $_.Name -eq $Name }).StartMode
}

function Confirm-Group([string]$Name, [string]$Node) {
    $now = (Get-OneGroup $Name).OwnerNode.Name
    if ($now -ne $Node) { throw "$Name is on $now now, and the scan saw it on ${Node}: scan again" }
}

function Start-Again([string[]]$Names) {
    foreach ($name in $Names) {
        try {
            [void](Start-ClusterResource -InputObject (Get-OneResource $name))
            if ((Get-OneResource $name).State -ne 'Online') { throw "it is not online" }
        } catch {
            Write-Warning "$name did not come online again: $_"
            $name
        }
    }
}

function Copy-Tree([string]$From, [string]$To) {
    if (-not [System.IO.Directory]::Exists($To)) {
        [void][System.IO.Directory]::CreateDirectory($To, [System.IO.Directory]::GetAccessControl($From))
    }
    foreach ($file in [System.IO.Directory]::GetFiles($From)) {
        [System.IO.File]::Copy($file, [System.IO.Path]::Combine($To, [System.IO.Path]::GetFileName($file)), $true)
    }
    foreach ($folder in [System.IO.Directory]::GetDirectories($From)) {
        Copy-Tree $folder ([System.IO.Path]::Combine($To, [System.IO.Path]::GetFileName($folder)))
    }
}

function Copy-OneFolder([string]$From, [string]$To, [string]$Backup) {
    Confirm-Owner
    if (-not [System.IO.Directory]::Exists($From)) { throw "$From is not there" }
    if ([System.IO.Directory]::Exists($Backup)) { throw "$Backup is there already" }
    if ([System.IO.Directory]::Exists($To)) { Copy-Tree $To $Backup }
    Confirm-Owner
    Copy-Tree $From $To
}

function Copy-OneFile([string]$From, [string]$To, [string]$Backup) {
    Confirm-Owner
    if (-not [System.IO.File]::Exists($From)) { throw "$From is not there" }
    if ([System.IO.File]::Exists($To)) { [System.IO.File]::Copy($To, $Backup, $false) }
    Confirm-Owner
    [System.IO.File]::Copy($From, $To, $true)
}

function Get-Sum([string]$Path) {
    $stream = [System.IO.File]::OpenRead($Path)
    try { [System.BitConverter]::ToString((New-Object System.Security.Cryptography.SHA1CryptoServiceProvider).ComputeHash($stream)) }
    finally { $stream.Close() }
}

function Compare-Content([string]$From, [string]$To) {
    foreach ($side in $From, $To) {
        if ([System.IO.File]::Exists($side)) { "$(Get-Sum $side)  $side" }
        elseif ([System.IO.Directory]::Exists($side)) { Get-FolderSum $side }
        else { "nothing  $side" }
    }
}

function Get-FolderSum([string]$Path) {
    foreach ($file in [System.IO.Directory]::GetFiles($Path)) { "$(Get-Sum $file)  $file" }
    foreach ($folder in [System.IO.Directory]::GetDirectories($Path)) { Get-FolderSum $folder }
}

function Get-Hive([string]$Node) {
    [Microsoft.Win32.RegistryKey]::OpenRemoteBaseKey([Microsoft.Win32.RegistryHive]::LocalMachine, $Node)
}

function Open-Key([string]$Node, [string]$Path, [bool]$Write) {
    $hive = Get-Hive $Node
    $key = $hive.OpenSubKey($Path, $Write)
    if (-not $key) { throw "$Path is not there" }
    $key
}

function Open-OrMakeKey([string]$Node, [string]$Path) {
    $hive = Get-Hive $Node
    $hive.CreateSubKey($Path)
}

function Copy-Key($From, $To) {
    foreach ($name in $From.GetValueNames()) {
        $data = $From.GetValue($name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
        $To.SetValue($name, $data, $From.GetValueKind($name))
    }
    foreach ($name in $From.GetSubKeyNames()) { Copy-Key ($From.OpenSubKey($name)) ($To.CreateSubKey($name)) }
}

function Backup-Key([string]$Node, [string]$Path, [string]$Backup) {
    Confirm-Owner
    $hive = Get-Hive $Node
    if ($hive.OpenSubKey($Backup)) { throw "$Backup is there already" }
    Copy-Key (Open-Key $Node $Path $false) ($hive.CreateSubKey($Backup))
}

function Restore-Key([string]$Node, [string]$Path, [string]$Backup) {
    Copy-Key (Open-Key $Node $Backup $false) (Open-Key $Node $Path $true)
}

function Show-Key([string]$Node, [string]$Path) {
    $key = Open-Key $Node $Path $false
    foreach ($name in $key.GetValueNames()) { "$Path\$name  $($key.GetValue($name))" }
    foreach ($name in $key.GetSubKeyNames()) { Show-Key $Node "$Path\$name" }
}
