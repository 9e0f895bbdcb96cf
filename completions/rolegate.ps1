# Completion of rolegate for PowerShell. In $PROFILE: rolegate completion powershell | Out-String | Invoke-Expression
# Each candidate is a line of `rolegate __complete`: the word, a tab, what it means. Nobody but this machine is asked.
Register-ArgumentCompleter -Native -CommandName rolegate -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements |
            Where-Object { $_.Extent.EndOffset -le $cursorPosition } |
            Select-Object -Skip 1 |
            ForEach-Object { $_.ToString() })
    # After -- stands another program's own line.
    if ($words -contains '--') { return }
    # An empty word would be lost on its way to a program in Windows PowerShell; a pair of quotes stands for it.
    if ($wordToComplete -eq '') { $words += '""' }
    rolegate __complete @words 2>$null | ForEach-Object {
        $word, $about = $_ -split "`t", 2
        [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $about)
    }
}
