# The collector of vcaudit @version@ as the one function of a JEA endpoint. Windows PowerShell 5.0 or later, pure ASCII.
# Written by `vcaudit jea`. Read-only: what the collector may do is held to a reviewed list, see docs/collector.md of vcaudit.
# SHA-256 of the collector.ps1 between the two marks (line ends LF): @sha256@
# It answers the request lists below and no other; docs/psrp.md of vcaudit says what they are and how to read them.
$VcauditAllowed = @(
@allowed@
)

function @command@(@parameters@) {
    if ($Collector -ne '@sha256@') { throw 'other collector @sha256@' }
    $VcaText = [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Request))
    # The first line holds the limits of time and size: whoever asks may choose them.
    $VcaLines = $VcaText.Split("`n".ToCharArray())
    # Compared as base64: -ceq overlooks some control characters.
    $VcaAsked = [Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($VcaText.Substring($VcaLines[0].Length + 1)))
    $VcaKnown = $false
    foreach ($VcaList in $VcauditAllowed) { if ($VcaAsked -ceq $VcaList) { $VcaKnown = $true } }
    if (-not $VcaKnown) { throw 'other requests' }
    $CfgB64 = $Request
    # The collector writes to the console, which a remote runspace does not have: for as long as it runs, that is a text.
    $VcaConsole = [Console]::Out
    $VcaAnswer = New-Object System.IO.StringWriter([Globalization.CultureInfo]::InvariantCulture)
    [Console]::SetOut($VcaAnswer)
    try {
        & {
# ---- collector.ps1 as reviewed: from the line below to the line `end of collector.ps1` ----
@collector@
# ---- end of collector.ps1 ----
        }
    } finally {
        [Console]::SetOut($VcaConsole)
    }
    return $VcaAnswer.ToString()
}
