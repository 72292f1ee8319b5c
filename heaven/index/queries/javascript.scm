; inherits: ecmascript, jsx
; What the index reads in JavaScript beyond what all dialects share.

(statement_identifier) @ignore
(class_declaration (class_heritage (_) @base)) @base.of
(field_definition property: (_) @name value: (_)? @value) @define.field
(field_definition property: (_) @name
  value: [(arrow_function body: (_) @body) (function_expression body: (_) @body)] @opens) @define.method
(formal_parameters (identifier) @bind.parameter)
(formal_parameters (assignment_pattern left: (identifier) @bind.parameter right: (_) @value))
(variable_declarator name: (identifier) @bind.variable value: (_)? @value) @around
(variable_declaration (variable_declarator name: (identifier) @bind.hoisted value: (_)? @value) @around)
(lexical_declaration "const" (variable_declarator name: (identifier) @bind.constant value: (_) @value) @around)
(variable_declarator value: (class (class_heritage (_) @base))) @base.of
