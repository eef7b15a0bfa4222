@{
    RootModule = '@name@.psm1'
    ModuleVersion = '1.0'
    GUID = '@guid@'
    Author = 'vcaudit @version@'
    Description = 'Answers vcaudit, read-only. Written by `vcaudit jea`.'
    PowerShellVersion = '5.0'
    FunctionsToExport = @('@command@')
    CmdletsToExport = @()
    VariablesToExport = @()
    AliasesToExport = @()
}
