# vcaudit collector: lets a node say what it holds. Windows PowerShell 2.0, .NET 2.0, pure ASCII. The contract: docs/collector.md
# Read-only: it opens, lists and queries. It writes no file and changes no setting, and the one program it can start is
# cluster.exe with one of the listings below; a test holds every command, type and method to a reviewed list.
# Arrives on stdin. The client puts $CfgB64 in front: base64 of UTF-8 lines, so that nothing in a request can be parsed as code:
#   seconds TAB bytes TAB values TAB seconds of one question / kind TAB id TAB arguments ... / end TAB number of requests
# Answers with one line:  <<<VCA1 base64(gzip(utf-8 xml)) VCA1>>>
$ErrorActionPreference = 'Stop'
$WarningPreference = 'SilentlyContinue'
$ProgressPreference = 'SilentlyContinue'
$Clock = [Diagnostics.Stopwatch]::StartNew()
$Inv = [Globalization.CultureInfo]::InvariantCulture
$Tab = "`t".ToCharArray()
$Slash = '\'.ToCharArray()
$Nul = "`0".ToCharArray()
$Lines = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($CfgB64)).Split("`n".ToCharArray())
$Limits = $Lines[0].Split($Tab)
$Rows = $Lines.Length - 1
$Tail = $Lines[$Rows].Split($Tab)
# A damaged request ends here: half of it would give an answer that looks whole.
if (($Limits.Length -ne 4) -or ($Tail.Length -ne 2) -or ($Tail[0] -ne 'end')) { throw 'incomplete request' }
if ([int]$Tail[1] -ne ($Rows - 1)) { throw 'incomplete request' }
$Budget = 1000 * [int]$Limits[0]
$MaxBytes = [int]$Limits[1]
$Left = @{ values = [int]$Limits[2]; files = [int]$Limits[2] }
$Patience = [int]$Limits[3]
$Hung = @{}
$Whole = @{}
$Withheld = @{}
$Latin = [Text.Encoding]::GetEncoding(28591)

# Culture-invariant: under Turkish rules (?i)serial would not find SERIAL.
function NewRegex($pattern) {
    $options = [Text.RegularExpressions.RegexOptions]::IgnoreCase -bor [Text.RegularExpressions.RegexOptions]::CultureInvariant
    return New-Object System.Text.RegularExpressions.Regex($pattern, [Text.RegularExpressions.RegexOptions]$options)
}

$BadText = New-Object System.Text.RegularExpressions.Regex('[^\u0020-\uD7FF\uE000-\uFFFD]')
$Wrapper = NewRegex '^System\.(Management\.Automation|Reflection)\.'
$Unset = NewRegex '%[^%\\/]+%'
$Absolute = NewRegex '^([a-z]:[\\/]|[\\/][\\/])'
$Reference = NewRegex '\$\{([^{}:|]+:[^{}|]+)(?:\|(program|folder|list|script|beside|code))?\}'
$Program = NewRegex '^\s*(?:"([^"]+)"|(\S.*?\.exe)(?=\s|$)|(\S.*?)\s*$)'
$Named = '"((?:[a-z]:|[\\/][\\/]|%)[^":<>|*?\u0000-\u001F]*\.(?:KIND))"' +
    '|((?:[a-z]:|[\\/][\\/]|%)[^":<>|*?&,;=\s\u0000-\u001F]*\.(?:KIND))(?![\w.])' +
    '|([a-z]:[^":<>|*?&\u0000-\u001F]*\.(?:KIND))\|'
$Scripts = @{
    script = NewRegex ($Named.Replace('KIND', 'cmd|bat'))
    code = NewRegex ($Named.Replace('KIND', 'vbs|vbe|js|jse|wsf|ps1'))
    list = NewRegex '([^;"\s](?:[^;"]*[^;"\s])?)'
    beside = NewRegex '(?:^|[\s"&|(=])([^\s":<>|*?&,;=%\\/()\u0000-\u001F]+\.(?:cmd|bat))(?![\w.])'
}
$SidText = NewRegex '^S-1-\d'
$Pem = NewRegex '-----BEGIN (RSA )?PRIVATE KEY-----([a-z0-9+/=\s]+)-----END'
$CommandLine = NewRegex '(^|\.)(PathName|CommandLine|StartupParameters)$'
$Parent = NewRegex '^(.+)[\\/][^\\/]*$'
$Option = NewRegex '^-|["/=]|[^\u0020-\uFFFD]'

function Elapsed { return [int]$Clock.ElapsedMilliseconds }

# Attribute that survives XML 1.0: controls, tabs, CR/LF and surrogates travel as base64 UTF-16LE.
# BlockCopy, because Encoding.GetBytes puts U+FFFD in the place of a lone surrogate.
function Put($w, $name, $value) {
    $s = [Convert]::ToString($value, $Inv)
    if ($BadText.IsMatch($s)) {
        $raw = [Text.Encoding]::Unicode.GetBytes($s)
        [Buffer]::BlockCopy($s.ToCharArray(), 0, $raw, 0, $raw.Length)
        $w.WriteAttributeString($name + '.u16', [Convert]::ToBase64String($raw))
    } else {
        $w.WriteAttributeString($name, $s)
    }
}

# Opens an element with its attributes: name, value, name, value ...; what is $null is left out.
function Open($w, $element, $pairs) {
    $w.WriteStartElement($element)
    for ($i = 0; $i -lt $pairs.Length; $i = $i + 2) {
        $value = $pairs[$i + 1]
        if ($null -ne $value) { Put $w $pairs[$i] $value }
    }
}

function Item($w, $value) {
    Open $w 'i' @('d', $value)
    $w.WriteEndElement()
}

# Type, code, text. The code is what tells causes apart: messages are in the node's language, and one type serves many causes.
# HResult is protected before .NET 4.5; ManagementException and SocketException keep their code in ErrorCode only, and
# IdentityNotMappedException has none of its own (1332 is Windows' number for it).
function Cause($e) {
    $x = $e.Exception
    while (($null -ne $x.InnerException) -and $Wrapper.IsMatch($x.GetType().FullName)) { $x = $x.InnerException }
    $name = $x.GetType().Name
    if (($name -eq 'ManagementException') -or ($name -eq 'SocketException')) { $code = [int]$x.ErrorCode }
    elseif ($name -eq 'IdentityNotMappedException') { $code = 1332 }
    else { $code = [Runtime.InteropServices.Marshal]::GetHRForException($x) }
    return @{ code = $code; text = $name + ' ' + ('{0:x8}' -f $code) + ': ' + $x.Message }
}

function Why($e) { return (Cause $e).text }

# What one question may take: half of the time left at most, so that one that is never answered leaves time for the rest.
function Share { return [Math]::Min($Patience, [Math]::Max(1, [int](($Budget - (Elapsed)) / 2000))) }

function Late { if ((Elapsed) -gt $Budget) { throw 'time budget exhausted' } }

# Whether a deny row withholds it; asked before the data is read, where that can be.
function Denied($what, $text) {
    foreach ($rx in $Deny[$what]) { if ($rx.IsMatch($text)) { return $true } }
    return $false
}

# Remembers a value that some request refers to, and no other; up to its first NUL. A `*` in the place of the second name
# of its way (Resources\*\Name) stands for every key there.
function Keep($id, $name, $value) {
    $key = ($id + ':' + $name).ToLower($Inv)
    $values = $Kept[$key]
    if (($null -eq $values) -and $Starred.ContainsKey($id.ToLower($Inv))) {
        $way = $key.Split($Slash)
        if ($way.Length -gt 2) { $values = $Kept[$way[0] + '\*\' + [string]::Join('\', $way, 2, $way.Length - 2)] }
    }
    if (($null -eq $values) -or ($null -eq $value)) { return }
    $text = [Convert]::ToString($value, $Inv).Split($Nul)
    [void]$values.Add($text[0])
}

# The first reference of a line that has no value, or $null.
function Unmet($line) {
    foreach ($m in $Reference.Matches($line)) {
        $values = $Kept[$m.Groups.Item(1).Value.ToLower($Inv)]
        if ($values.Count -eq 0) { return $m.Value }
    }
    return $null
}

# A value through the filter of its reference: the program of a command line, the folder it lies in, the items of a list with
# semicolons, or every command script that it names, with its path (script) or without one (beside), or file of another
# language with its path (code); of items and scripts there may be none.
function Filtered($value, $filter) {
    if ($filter.Length -eq 0) { return $value }
    if ($Scripts.ContainsKey($filter)) {
        foreach ($m in $Scripts[$filter].Matches($value)) {
            $g = $m.Groups
            $g.Item(1).Value + $g.Item(2).Value + $g.Item(3).Value
        }
        return
    }
    $g = $Program.Match($value).Groups
    $path = $g.Item(1).Value + $g.Item(2).Value + $g.Item(3).Value
    if ($filter -eq 'folder') { $path = $Parent.Match($path).Groups.Item(1).Value }
    return $path
}

# Writes the line once for each combination of the values that its references have. What a value holds is never looked at
# again: no reference in it is followed, and it cannot leave a quoted text of WQL.
function Expand($line, $kind) {
    if (-not $Reference.IsMatch($line)) { return $line }
    $done = @('')
    $at = 0
    foreach ($m in $Reference.Matches($line)) {
        $before = $line.Substring($at, $m.Index - $at)
        $next = @()
        foreach ($value in $Kept[$m.Groups.Item(1).Value.ToLower($Inv)]) {
            foreach ($v in @(Filtered $value ($m.Groups.Item(2).Value))) {
                if ($kind -eq 'wmi') { $v = $v.Replace('\', '\\').Replace("'", "\'") }
                foreach ($d in $done) { $next = $next + ($d + $before + $v) }
            }
        }
        $done = $next
        $at = $m.Index + $m.Length
    }
    foreach ($d in $done) { $d + $line.Substring($at) }
}

# Whether all of these requests were read whole: what stands in for them is not needed then.
function AllWhole($ids) {
    foreach ($id in $ids.Split(','.ToCharArray())) { if (-not $Whole.ContainsKey($id.ToLower($Inv))) { return $false } }
    return $true
}

# One probe = one isolated, always well-formed fragment. status: ok | partial | error | skipped
function Probe($line) {
    $start = Elapsed
    $sw = New-Object System.IO.StringWriter($Inv)
    $w = New-Object System.Xml.XmlTextWriter($sw)
    $w.WriteStartElement('data')
    $a = $line.Split($Tab)
    $head = $a[0].Split('?'.ToCharArray())
    $kind = $Kinds[$head[0]]
    $status = 'skipped'
    $unmet = Unmet $line
    if ($start -gt $Budget) {
        $err = 'time budget exhausted'
    } elseif (($head.Length -gt 1) -and (AllWhole $head[1])) {
        $err = 'not needed'
    } elseif ($null -ne $unmet) {
        $err = 'no value: ' + $unmet
    } else {
        $status = 'ok'
        $err = $null
        try {
            if ($null -eq $kind) { throw 'unknown kind' }
            if ($a.Length -ne $kind.fields) { throw 'argument missing' }
            $body = $kind.body
            $seen = @{}
            foreach ($text in @(Expand $line $head[0])) {
                $b = $text.Split($Tab)
                if (($b.Length -ne $a.Length) -or [string]::IsNullOrEmpty($b[2])) { throw 'argument missing' }
                if (-not $seen.ContainsKey($text)) { & $body $w $b }
                $seen[$text] = 1
            }
        } catch {
            $err = Why $_
            $status = 'error'
        }
    }
    $w.Close()
    $frag = $sw.ToString()
    if (($status -eq 'error') -and ($frag.Length -gt 8)) { $status = 'partial' }
    if ($status -eq 'ok') { $Whole[$a[1].ToLower($Inv)] = 1 }
    Open $out 'probe' @('kind', $head[0], 'id', $a[1], 'status', $status, 'error', $err, 'ms', ((Elapsed) - $start))
    $out.WriteRaw($frag)
    $out.WriteEndElement()
}

function HexOf($bytes) { return [BitConverter]::ToString($bytes).Replace('-', '').ToLower($Inv) }

# SHA256Managed throws under the FIPS policy; the CAPI provider (System.Core, .NET 3.5) does not.
function NewSha {
    try {
        return New-Object System.Security.Cryptography.SHA256Managed
    } catch {
        [void][Reflection.Assembly]::Load('System.Core, Version=3.5.0.0, Culture=neutral, PublicKeyToken=b77a5c561934e089')
        return New-Object System.Security.Cryptography.SHA256CryptoServiceProvider
    }
}

# A text without the secrets in it: a command line by patterns of its own, any other by those of $list, where there is one.
function Bare($path, $val, $list) {
    if ($CommandLine.IsMatch($path)) { $list = 'command' }
    if ($null -eq $list) { return $val }
    foreach ($rx in $Deny[$list]) { $val = Cover @{} $rx ([string]$val) }
    return $val
}

# Read everything first, write afterwards: a failing read can then never leave half an element.
# The .NET type decides, not the kind: GetValue returns $null for a value deleted meanwhile (and for REG_NONE before
# .NET 4), and Int64 or Byte[] for a REG_DWORD or REG_QWORD that is too long; [int]$null would be a believable 0.
# $ref: the name that references use for this value.
function RegValue($w, $key, $path, $name, $id, $ref) {
    $kind = $null; $data = $null; $sha = $null; $size = $null; $hidden = $null; $err = $null
    $items = @()
    try {
        $kind = $key.GetValueKind($name).ToString()
        if (Denied 'registry' ($path + '\' + $name)) { $hidden = 1; $type = 'withheld' }
        else {
            $val = $key.GetValue($name, $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
            $type = ''
            if ($null -ne $val) { $type = $val.GetType().Name }
        }
        if ($type -eq 'withheld') { $size = $null }
        elseif ($type -eq 'Int32') { $data = '{0:x8}' -f [int]$val; Keep $id $ref $val }
        elseif ($type -eq 'Int64') { $data = '{0:x16}' -f [long]$val; Keep $id $ref $val }
        elseif ($type -eq 'String[]') { $items = @($val) }
        elseif ($type -eq 'Byte[]') {
            $size = $val.Length
            if ($size -gt $MaxBytes) { $sha = HexOf ((NewSha).ComputeHash($val)) }
            elseif ($size -gt 0) { $data = HexOf $val }
        }
        elseif ($type -eq 'String') { $data = Bare ('.' + $name) $val 'data'; Keep $id $ref $val }
        elseif ($type -eq '') { $err = 'no data' }
        else { $err = 'unexpected type ' + $type }
    } catch {
        $err = Why $_
    }
    Open $w 'v' @('n', $name, 't', $kind, 'd', $data, 'size', $size, 'sha256', $sha, 'redacted', $hidden, 'err', $err)
    foreach ($item in $items) {
        if ($null -ne $item) { Item $w (Bare ('.' + $name) $item 'data'); Keep $id $ref $item }
    }
    $w.WriteEndElement()
}

# .NET 2.0 documents 255 characters for the whole path, later versions for each name: a longer path is opened name by name.
function OpenKey($path) {
    $key = [Microsoft.Win32.Registry]::LocalMachine
    if ($path.Length -le 255) { return $key.OpenSubKey($path, $false) }
    foreach ($part in $path.Split($Slash)) {
        if ($null -ne $key) { $key = $key.OpenSubKey($part, $false) }
    }
    return $key
}

# Depth first with an explicit stack; a key that cannot be opened is reported, not fatal.
# With a pattern: the values of that name of the key alone, and nothing below it.
$RegTree = {
    param($w, $a)
    $root = $a[2].Trim($Slash)
    $only = $null
    if ($a.Length -gt 3) { $only = NewRegex $a[3] }
    $stack = New-Object System.Collections.Stack
    $stack.Push(@{ path = $root; below = '' })
    while ($stack.Count -gt 0) {
        $here = $stack.Pop()
        $p = $here.path
        $key = $null; $err = $null; $names = @(); $subs = @()
        try {
            $key = OpenKey $p
            if ($null -eq $key) { $err = 'not found' }
            else { $names = @($key.GetValueNames()); if ($null -eq $only) { $subs = @($key.GetSubKeyNames()) } }
        } catch {
            $err = Why $_
        }
        Open $w 'k' @('p', $p, 'err', $err)
        foreach ($n in $names) {
            if (($null -eq $n) -or (($null -ne $only) -and (-not $only.IsMatch($n)))) { continue }
            $Left['values'] = $Left['values'] - 1
            if ($Left['values'] -ge 0) { RegValue $w $key $p $n $a[1] ($here.below + $n) }
        }
        $w.WriteEndElement()
        if ($null -ne $key) { $key.Close() }
        for ($i = $subs.Length - 1; $i -ge 0; $i--) {
            $s = $subs[$i]
            if ($null -ne $s) { $stack.Push(@{ path = $p + '\' + $s; below = $here.below + $s + '\' }) }
        }
        if ($Left['values'] -lt 0) { throw 'registry value limit reached' }
        Late
    }
}

# A WMI property, and what is below it: text, items, or the properties of an embedded object (PrivateProperties), whose text
# would be the same type name on every node.
function WmiProperty($w, $name, $val, $err, $path, $id) {
    Open $w 'p' @('n', $name, 'err', $err)
    if (-not $Withheld.ContainsKey($path)) { $Withheld[$path] = Denied 'wmi' $path }
    if ($null -eq $val) { if ($null -eq $err) { Put $w 'null' 1 } }
    elseif ($Withheld[$path]) { Put $w 'redacted' 1 }
    else { WmiValue $w $val $path $id }
    $w.WriteEndElement()
}

function WmiValue($w, $val, $path, $id) {
    if ($null -eq $val) { return }
    $type = $val.GetType()
    if ($type.IsArray) {
        foreach ($item in $val) { $w.WriteStartElement('i'); WmiValue $w $item $path $id; $w.WriteEndElement() }
    } elseif (($type.Name -eq 'ManagementBaseObject') -or ($type.Name -eq 'ManagementObject')) {
        foreach ($q in $val.Properties) { WmiProperty $w $q.Name $q.Value $null ($path + '.' + $q.Name) $id }
    } else {
        $val = Bare $path $val
        Put $w 'd' $val
        if ($Wanted.ContainsKey($id)) { Keep $id $path $val }
    }
}

# Local WMI with a time limit; only the named properties leave the node. A namespace that did not answer once is not asked
# again: every further question would cost the full limit.
$Wmi = {
    param($w, $a)
    if ($Hung.ContainsKey($a[2])) { throw 'namespace does not answer' }
    $limit = [TimeSpan]::FromSeconds((Share))
    $scope = New-Object System.Management.ManagementScope('\\.\' + $a[2])
    $scope.Options.Timeout = $limit
    $scope.Options.Authentication = [System.Management.AuthenticationLevel]::PacketPrivacy
    $query = New-Object System.Management.ObjectQuery($a[3])
    $opt = New-Object System.Management.EnumerationOptions
    $opt.Timeout = $limit
    $searcher = New-Object System.Management.ManagementObjectSearcher($scope, $query, $opt)
    $props = $a[4].Split(",".ToCharArray())
    $id = $a[1].ToLower($Inv)
    try {
        foreach ($o in $searcher.Get()) {
            $w.WriteStartElement('o')
            foreach ($p in $props) {
                $val = $null; $err = $null
                try { $val = $o.GetPropertyValue($p) } catch { $err = Why $_ }
                WmiProperty $w $p $val $err $p $id
            }
            $w.WriteEndElement()
        }
    } catch {
        # 0x40004: no row within the limit (a success code, as WMI has it)
        if ((Cause $_).code -eq 262148) { $Hung[$a[2]] = 1 }
        throw $_
    }
}

# A text in which what the groups of a pattern matched (the whole match, where it has none) is covered: by three stars, or by
# as many as it had characters, where lengths stand in what is read.
function Cover($r, $rx, $text) {
    $m = $rx.Match($text)
    if (-not $m.Success) { return $text }
    $r.redacted = 1
    $b = New-Object System.Text.StringBuilder
    $at = 0
    while ($m.Success) {
        $i = 1
        if ($m.Groups.Count -eq 1) { $i = 0 }
        while ($i -lt $m.Groups.Count) {
            $g = $m.Groups.Item($i)
            if ($g.Success -and ($g.Index -ge $at)) {
                [void]$b.Append($text.Substring($at, $g.Index - $at))
                if ($g.Value.Replace('*', '').Length -gt 0) { $r['open'] = 1 }
                if ($null -eq $r['lengths']) { [void]$b.Append('***') }
                else { [void]$b.Append(''.PadRight($g.Length).Replace(' ', '*')) }
                $at = $g.Index + $g.Length
            }
            $i++
        }
        $m = $m.NextMatch()
    }
    [void]$b.Append($text.Substring($at))
    return $b.ToString()
}

# What may leave of a file's content: base64 in $r.b64, or the reason why nothing may in $r.withheld. Bytes are taken as
# Latin-1, which gives every byte back as it was, unless a byte order mark says UTF-16.
function Content($r, $buf) {
    $encoding = $Latin
    $mark = ''
    if ($buf.Length -ge 2) { $mark = [BitConverter]::ToString($buf, 0, 2) }
    if ($mark -eq 'FF-FE') { $encoding = [Text.Encoding]::Unicode }
    if ($mark -eq 'FE-FF') { $encoding = [Text.Encoding]::BigEndianUnicode }
    $text = $encoding.GetString($buf)
    $plain = $Latin.GetString($buf).Replace("`0", '')
    if ($plain.Contains('PRIVATE KEY')) { $r.withheld = 'private key'; return }
    $clean = $text
    foreach ($rx in $Deny['text']) { $clean = Cover $r $rx $clean }
    if ($null -ne $r.redacted) {
        $r.b64 = [Convert]::ToBase64String($encoding.GetBytes($clean))
    } elseif ((Denied 'text' $plain) -and ($plain.Length -ne $text.Length)) {
        # What is to be covered shows only without its NULs: UTF-16 that does not say so, as in the file of a scheduled task.
        $r['lengths'] = 1
        $clean = [Text.Encoding]::Unicode.GetString($buf)
        foreach ($rx in $Deny['text']) { $clean = Cover $r $rx $clean }
        $wide = [Text.Encoding]::Unicode.GetBytes($clean)
        $plain = $Latin.GetString($wide).Replace("`0", '')
        $r['open'] = $null
        foreach ($rx in $Deny['text']) { $plain = Cover $r $rx $plain }
        # nothing may be left that only another reading of the bytes shows
        if (($null -ne $r['open']) -or ($wide.Length -ne $buf.Length)) { $r.withheld = 'unknown encoding' }
        else { $r.b64 = [Convert]::ToBase64String($wide) }
    } else {
        $r.b64 = [Convert]::ToBase64String($buf)
    }
}

# Why a path cannot mean what was meant. An unset %VARIABLE% stays in the text and makes the path relative, and a relative one
# leads into the shell's folder: both would look like a file that is not there.
function PathProblem($full) {
    if ($Unset.IsMatch($full)) { return 'variable not set' }
    if (-not $Absolute.IsMatch($full)) { return 'not an absolute path' }
    return $null
}

# SHA-256 of the modulus of an RSA private key in a PEM file (PKCS #1, or PKCS #8 around it), or $null. The modulus is the
# public half, by which a certificate shows that it belongs to the key; nothing else of the key goes into the answer. DER is
# walked, into sequences and octet strings, up to the first number as long as a modulus; the private ones come behind it.
function Modulus($buf) {
    $m = $Pem.Match($Latin.GetString($buf))
    if (-not $m.Success) { return $null }
    $der = [Convert]::FromBase64String($m.Groups.Item(2).Value)
    # a key that is not RSA's may hold anything at that place
    if (($m.Groups.Item(1).Value.Length -eq 0) -and (-not (HexOf $der).Contains('2a864886f70d010101'))) { return $null }
    $at = 0
    while ($at -lt ($der.Length - 1)) {
        $tag = [int]$der[$at]
        $size = [int]$der[$at + 1]
        $at = $at + 2
        if ($size -gt 127) {
            $more = $size - 128
            if ($more -gt 3) { return $null }
            $size = 0
            while (($more -gt 0) -and ($at -lt $der.Length)) {
                $size = 256 * $size + [int]$der[$at]
                $at = $at + 1
                $more = $more - 1
            }
        }
        if (($tag -eq 2) -and ($size -gt 63)) {
            if (($at + $size) -gt $der.Length) { return $null }
            while (($size -gt 0) -and ([int]$der[$at] -eq 0)) { $at = $at + 1; $size = $size - 1 }
            return HexOf ((NewSha).ComputeHash($der, $at, $size))
        }
        if (($tag -ne 48) -and ($tag -ne 4)) { $at = $at + $size }
    }
    return $null
}

# size, time and SHA-256 of a file; mode text: its content too, mode version: its version instead of the hash (programs are
# large), mode key: the hash of its modulus too.
# What another request refers to as `content`: the words of a file that .NET would write as UTF-16, as that of a scheduled task.
function FileFact($w, $full, $name, $mode, $id) {
    $fs = $null; $size = $null; $mtime = $null; $sha = $null; $version = $null; $modulus = $null
    $r = @{ b64 = $null; withheld = $null; redacted = $null }
    $err = $null
    # a name that came from listing a folder may itself hold %
    if ($null -eq $name) { $err = PathProblem $full }
    if ($null -eq $err) {
        try {
            $share = [IO.FileShare]::ReadWrite -bor [IO.FileShare]::Delete
            $fs = New-Object System.IO.FileStream($full, [IO.FileMode]::Open, [IO.FileAccess]::Read, [IO.FileShare]$share)
            $size = $fs.Length
            $mtime = [IO.File]::GetLastWriteTimeUtc($full).ToString('s', $Inv)
            if ($mode -eq 'version') {
                $v = [Diagnostics.FileVersionInfo]::GetVersionInfo($full)
                $version = '{0}.{1}.{2}.{3}' -f $v.FileMajorPart, $v.FileMinorPart, $v.FileBuildPart, $v.FilePrivatePart
                if ($version -eq '0.0.0.0') { $version = $null }
            } else {
                $sha = HexOf ((NewSha).ComputeHash($fs))
            }
            if (($mode -eq 'text') -and ($size -gt $MaxBytes)) { $r.withheld = 'too large' }
            if ((($mode -eq 'text') -or ($mode -eq 'key')) -and ($size -le $MaxBytes)) {
                $fs.Position = 0
                $buf = (New-Object System.IO.BinaryReader($fs)).ReadBytes([int]$size)
                if ($mode -eq 'key') { $modulus = Modulus $buf }
                else { Content $r $buf }
                if (($null -eq $r.withheld) -and ($mode -eq 'text') -and $Wanted.ContainsKey($id.ToLower($Inv))) {
                    Keep $id 'content' ([Text.Encoding]::Unicode.GetString($buf).Replace("`0", '|'))
                }
            }
        } catch {
            $err = Why $_
            if ([IO.Directory]::Exists($full)) { $err = 'is a directory' }
        } finally {
            if ($null -ne $fs) { $fs.Close() }
        }
    }
    Open $w 'f' @('p', $full, 'n', $name, 'size', $size, 'mtime', $mtime, 'sha256', $sha,
        'version', $version, 'modulus', $modulus, 'b64', $r.b64, 'withheld', $r.withheld, 'redacted', $r.redacted, 'err', $err)
    $w.WriteEndElement()
}

$File = {
    param($w, $a)
    $known = ($a[3] -eq 'hash') -or ($a[3] -eq 'text') -or ($a[3] -eq 'version') -or ($a[3] -eq 'key')
    if (-not $known) { throw 'unknown mode' }
    FileFact $w ([Environment]::ExpandEnvironmentVariables($a[2])) $null $a[3] $a[1]
}

# Lists first, reads afterwards. A folder below that cannot be listed makes the whole incomplete: err says so.
$Folder = {
    param($w, $a)
    $full = [Environment]::ExpandEnvironmentVariables($a[2]).TrimEnd($Slash)
    $content = NewRegex $a[3]
    $depth = [int]$a[4]
    $deeper = $null
    $files = New-Object System.Collections.ArrayList
    $stack = New-Object System.Collections.Stack
    $err = PathProblem ($full + '\')
    if ($null -eq $err) { $stack.Push(@{ path = $full; below = ''; level = 0 }) }
    while ($stack.Count -gt 0) {
        $here = $stack.Pop()
        try {
            foreach ($f in [IO.Directory]::GetFiles($here.path + '\')) {
                if ($null -ne $f) { [void]$files.Add(@{ path = $f; name = $here.below + [IO.Path]::GetFileName($f) }) }
            }
            foreach ($d in [IO.Directory]::GetDirectories($here.path + '\')) {
                if ($null -eq $d) { continue }
                if ($here.level -ge $depth) { $deeper = 1; continue }
                $stack.Push(@{ path = $d; below = $here.below + [IO.Path]::GetFileName($d) + '\'; level = $here.level + 1 })
            }
        } catch {
            if ($null -eq $err) { $err = Why $_ }
        }
        if ($files.Count -gt $Left['files']) { throw 'file limit reached' }
        Late
    }
    $Left['files'] = $Left['files'] - $files.Count
    Open $w 'd' @('p', $full, 'deeper', $deeper, 'err', $err)
    foreach ($f in $files) {
        $mode = 'hash'
        if (($a[3].Length -gt 0) -and $content.IsMatch($f.name)) { $mode = 'text' }
        FileFact $w $f.path $f.name $mode $a[1]
        Late
    }
    $w.WriteEndElement()
}

# 11001 and 11004: the name server was asked and knows no such name or no address for it. Anything else is no answer.
$Resolve = {
    param($w, $a)
    foreach ($name in $a[2].Split(' '.ToCharArray())) {
        if ($name.Length -eq 0) { continue }
        $err = $null
        $found = New-Object System.Collections.ArrayList
        try {
            foreach ($ip in [Net.Dns]::GetHostAddresses($name)) {
                if (($null -ne $ip) -and ($ip.AddressFamily.ToString() -eq 'InterNetwork')) { [void]$found.Add($ip.ToString()) }
            }
        } catch {
            $cause = Cause $_
            if (($cause.code -ne 11001) -and ($cause.code -ne 11004)) { $err = $cause.text }
        }
        Open $w 'h' @('n', $name, 'err', $err)
        foreach ($ip in $found) { Item $w $ip }
        $w.WriteEndElement()
        Late
    }
}

# psbase throughout: PowerShell shows ADSI's own properties in the place of those of DirectoryEntry.
function SidOf($entry) {
    $raw = $entry.psbase.Properties.Item('objectSid').Value
    if ($null -eq $raw) { return $null }
    return (New-Object System.Security.Principal.SecurityIdentifier($raw, 0)).Value
}

function WriteUser($w, $entry) {
    $sid = $null; $flags = $null; $expired = $null; $until = $null; $err = $null
    try {
        $sid = SidOf $entry
        $flags = $entry.psbase.Properties.Item('UserFlags').Value
        $expired = $entry.psbase.Properties.Item('PasswordExpired').Value
        $until = $entry.psbase.Properties.Item('AccountExpirationDate').Value
        if ($null -ne $until) { $until = $until.ToUniversalTime().ToString('s', $Inv) }
    } catch {
        $err = Why $_
    }
    Open $w 'u' @('n', $entry.psbase.Name, 'sid', $sid, 'flags', $flags, 'pwexpired', $expired, 'until', $until, 'err', $err)
    $w.WriteEndElement()
}

# A member's path is WinNT://domain/name, WinNT://domain/computer/name, or WinNT://SID when nobody knows its name any more.
# Its SID is asked of the node's own LSA: ADSI would ask a domain controller, which a network logon cannot reach.
function WriteMember($w, $entry) {
    $name = $entry.psbase.Name; $domain = $null; $sid = $null; $class = $null; $err = $null
    $parts = $entry.psbase.Path.Split('/'.ToCharArray())
    try {
        if ($SidText.IsMatch($name)) { $sid = $name }
        else {
            $domain = $parts[$parts.Length - 2]
            $account = New-Object System.Security.Principal.NTAccount($domain, $name)
            $sid = $account.Translate((New-Object System.Security.Principal.SecurityIdentifier('S-1-1-0')).GetType()).Value
        }
        $class = $entry.psbase.SchemaClassName
    } catch {
        $err = Why $_
    }
    Open $w 'm' @('n', $name, 'domain', $domain, 'sid', $sid, 'class', $class, 'err', $err)
    $w.WriteEndElement()
}

function WriteGroup($w, $entry) {
    $sid = $null; $err = $null
    $members = New-Object System.Collections.ArrayList
    try {
        $sid = SidOf $entry
        foreach ($m in $entry.psbase.Invoke('Members')) {
            if ($null -ne $m) { [void]$members.Add((New-Object System.DirectoryServices.DirectoryEntry($m))) }
        }
    } catch {
        $err = Why $_
    }
    Open $w 'g' @('n', $entry.psbase.Name, 'sid', $sid, 'err', $err)
    foreach ($m in $members) { WriteMember $w $m }
    $w.WriteEndElement()
}

# Local users, then local groups, each a list of its own: one may be readable without the other.
$Accounts = {
    param($w, $a)
    if ($a[2] -ne 'local') { throw 'unknown mode' }
    foreach ($class in @('User', 'Group')) {
        $err = $null
        $found = New-Object System.Collections.ArrayList
        try {
            $machine = New-Object System.DirectoryServices.DirectoryEntry('WinNT://' + [Environment]::MachineName + ',computer')
            $children = $machine.psbase.Children
            [void]$children.SchemaFilter.Add($class)
            foreach ($entry in $children) { if ($null -ne $entry) { [void]$found.Add($entry) } }
        } catch {
            $err = Why $_
        }
        Open $w 'l' @('n', $class, 'err', $err)
        foreach ($entry in $found) {
            if ($class -eq 'User') { WriteUser $w $entry } else { WriteGroup $w $entry }
            Late
        }
        $w.WriteEndElement()
    }
}

# Scheduled tasks as the Task Scheduler service of Windows 2008 and later tells them: what each starts, and its last run. Only
# properties are read. Server 2003 has no such service; its tasks are files.
function WriteTask($w, $task, $id) {
    $state = $null; $enabled = $null; $last = $null; $result = $null; $err = $null
    $actions = New-Object System.Collections.ArrayList
    try {
        $state = $task.State
        $enabled = $task.Enabled
        $last = $task.LastRunTime
        if ($null -ne $last) { $last = $last.ToUniversalTime().ToString('s', $Inv) }
        $result = $task.LastTaskResult
        foreach ($action in $task.Definition.Actions) { if ($null -ne $action) { [void]$actions.Add((TaskAction $action $id)) } }
    } catch {
        $err = Why $_
    }
    Open $w 's' @('n', $task.Path, 'state', $state, 'enabled', $enabled, 'last', $last, 'result', $result, 'err', $err)
    foreach ($one in $actions) {
        Open $w 'c' @('type', $one.type, 'path', $one.path, 'args', $one.arguments, 'dir', $one.folder)
        $w.WriteEndElement()
    }
    $w.WriteEndElement()
}

# 0: a program with its arguments. Other types start nothing that could be followed here.
function TaskAction($action, $id) {
    $r = @{ type = $action.Type; path = $null; arguments = $null; folder = $null }
    if ($r.type -ne 0) { return $r }
    $r.path = Bare '.CommandLine' ([string]$action.Path)
    $r.arguments = Bare '.CommandLine' ([string]$action.Arguments)
    $r.folder = [string]$action.WorkingDirectory
    Keep $id 'Command' ('"' + $r.path.Replace('"', '') + '" ' + $r.arguments)
    if ($r.folder.Length -gt 0) { Keep $id 'Directory' $r.folder }
    return $r
}

# All folders but those that the pattern names; 1: hidden tasks too.
$Tasks = {
    param($w, $a)
    $skipped = NewRegex $a[3]
    $type = [Type]::GetTypeFromProgID('Schedule.Service')
    if ($null -eq $type) { throw 'no task service' }
    $service = [Activator]::CreateInstance($type)
    $service.Connect()
    $stack = New-Object System.Collections.Stack
    $stack.Push($service.GetFolder($a[2]))
    while ($stack.Count -gt 0) {
        $here = $stack.Pop()
        foreach ($task in $here.GetTasks(1)) {
            if ($null -eq $task) { continue }
            $Left['files'] = $Left['files'] - 1
            if ($Left['files'] -lt 0) { throw 'file limit reached' }
            WriteTask $w $task $a[1]
            Late
        }
        foreach ($below in $here.GetFolders(0)) {
            if (($null -ne $below) -and (-not $skipped.IsMatch($below.Path))) { $stack.Push($below) }
        }
    }
}

# The one program that this script can start, and all that it can be asked. {0}: the name of a resource.
$Listings = @{
    node = 'node'
    group = 'group'
    resource = 'resource'
    priv = 'resource "{0}" /priv'
    listowners = 'resource "{0}" /listowners'
}

# sysnative is where a 32-bit shell finds the programs of 64-bit Windows.
function ClusterExe {
    foreach ($place in @('sysnative', 'cluster', 'system32')) {
        $path = [Environment]::ExpandEnvironmentVariables('%SystemRoot%\' + $place + '\cluster.exe')
        if ([IO.File]::Exists($path)) { return $path }
    }
    throw 'no such program'
}

# The code page that console programs write: GetOEMCP, which .NET does not tell.
function OemPage {
    $key = OpenKey 'SYSTEM\CurrentControlSet\Control\Nls\CodePage'
    if ($null -eq $key) { return $null }
    $page = $key.GetValue('OEMCP', $null, [Microsoft.Win32.RegistryValueOptions]::DoNotExpandEnvironmentNames)
    $key.Close()
    return $page
}

# Standard output of a program as bytes, within a time limit and a length. One that does not end is ended, and not asked again.
function OutputOf($p, $until) {
    $bytes = New-Object System.IO.MemoryStream
    $buf = $Latin.GetBytes(''.PadRight(4096))
    $count = 1
    while ($count -gt 0) {
        $read = $p.StandardOutput.BaseStream.BeginRead($buf, 0, 4096, $null, $null)
        $rest = [Math]::Max(0, $until - (Elapsed))
        if (-not $read.AsyncWaitHandle.WaitOne($rest, $false)) { $Hung['cluster.exe'] = 1; throw 'program does not answer' }
        $count = $p.StandardOutput.BaseStream.EndRead($read)
        $bytes.Write($buf, 0, $count)
        if ($bytes.Length -gt $MaxBytes) { throw 'output too long' }
    }
    if (-not $p.WaitForExit([Math]::Max(0, $until - (Elapsed)))) { $Hung['cluster.exe'] = 1; throw 'program does not answer' }
    return $bytes
}

# A listing of cluster.exe. A name that it could take for an option is not given to it.
$Listing = {
    param($w, $a)
    $asked = $Listings[$a[2]]
    if ($null -eq $asked) { throw 'unknown mode' }
    if ($asked.Contains('{0}') -ne ($a[3].Length -gt 0)) { throw 'argument missing' }
    if ($Hung.ContainsKey('cluster.exe')) { throw 'program does not answer' }
    Late
    $err = $null; $code = $null; $p = $null
    $r = @{ b64 = $null; withheld = $null; redacted = $null }
    try {
        if ($Option.IsMatch($a[3])) { throw 'unusable name' }
        $info = New-Object System.Diagnostics.ProcessStartInfo((ClusterExe), ($asked -f $a[3]))
        $info.UseShellExecute = $false
        $info.CreateNoWindow = $true
        $info.RedirectStandardInput = $true
        $info.RedirectStandardOutput = $true
        $info.RedirectStandardError = $true
        $until = (Elapsed) + 1000 * (Share)
        $p = [Diagnostics.Process]::Start($info)
        $p.StandardInput.Close()
        $bytes = OutputOf $p $until
        $code = $p.ExitCode
        if ($code -ne 0) { throw 'exit code ' + $code }
        $raw = $bytes.ToArray()
        Content $r $raw
    } catch {
        $err = Why $_
    } finally {
        if ($null -ne $p) {
            if (-not $p.HasExited) { try { $p.Kill() } catch { $err = Why $_ } }
            $p.Close()
        }
    }
    Open $w 't' @('n', $a[3], 'oem', (OemPage), 'b64', $r.b64, 'withheld', $r.withheld, 'redacted', $r.redacted, 'err', $err)
    $w.WriteEndElement()
}

# fields: parts of a request line, kind and id among them
$Kinds = @{
    deny = @{ fields = 4; body = { param($w, $a) } }
    registry = @{ fields = 3; body = $RegTree }
    key = @{ fields = 4; body = $RegTree }
    wmi = @{ fields = 5; body = $Wmi }
    file = @{ fields = 4; body = $File }
    folder = @{ fields = 5; body = $Folder }
    names = @{ fields = 3; body = $Resolve }
    accounts = @{ fields = 3; body = $Accounts }
    program = @{ fields = 4; body = $Listing }
    tasks = @{ fields = 4; body = $Tasks }
}

# Before anything is read: what must stay here, and what later requests refer to. A bad pattern ends the script: nothing leaves.
$Deny = @{}
foreach ($what in @('registry', 'data', 'wmi', 'text', 'command')) { $Deny[$what] = New-Object System.Collections.ArrayList }
$Kept = @{}
$Wanted = @{}
$Starred = @{}
for ($row = 1; $row -lt $Rows; $row++) {
    $a = $Lines[$row].Split($Tab)
    if ($a[0] -eq 'deny') {
        if (($a.Length -ne 4) -or (-not $Deny.ContainsKey($a[2]))) { throw 'incomplete request' }
        [void]$Deny[$a[2]].Add((NewRegex $a[3]))
    }
    foreach ($m in $Reference.Matches($Lines[$row])) {
        $key = $m.Groups.Item(1).Value.ToLower($Inv)
        $id = $key.Split(':'.ToCharArray())
        $Wanted[$id[0]] = 1
        if ($key.Contains('\*\')) { $Starred[$id[0]] = 1 }
        $Kept[$key] = New-Object System.Collections.ArrayList
    }
}

$ms = New-Object System.IO.MemoryStream
$gz = New-Object System.IO.Compression.GZipStream($ms, [IO.Compression.CompressionMode]::Compress, $true)
$out = New-Object System.Xml.XmlTextWriter($gz, (New-Object System.Text.UTF8Encoding($false)))
Open $out 'snapshot' @('v', 1, 'utc', ([DateTime]::UtcNow.ToString('s', $Inv)), 'host', ([Environment]::MachineName),
    'os', ([Environment]::OSVersion.VersionString), 'ps', $PSVersionTable.PSVersion,
    'clr', ([Environment]::Version), 'bits', ([IntPtr]::Size * 8))
for ($row = 1; $row -lt $Rows; $row++) { Probe $Lines[$row] }
Open $out 'end' @('ms', (Elapsed))
$out.WriteEndElement()
$out.WriteEndElement()
$out.Close()
[Console]::Out.Write('<<<VCA1 ')
[Console]::Out.Write([Convert]::ToBase64String($ms.ToArray()))
[Console]::Out.WriteLine(' VCA1>>>')
