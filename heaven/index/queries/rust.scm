; What the index reads in Rust: definitions, scopes, and names. References are by name.

(identifier) @use
(type_identifier) @use.type
(field_identifier) @use
(shorthand_field_identifier) @use
((identifier) @ignore (#eq? @ignore "_"))
[(line_comment) (block_comment)] @comment
(attribute_item) @decorator

[(function_item) (function_signature_item) (closure_expression)] @scope.function
[(block) (match_arm) (for_expression) (if_expression) (while_expression)] @scope.block
(impl_item body: (_) @scope.class)
(trait_item body: (_) @scope.class)
(struct_item body: (_) @scope.class)
(enum_item body: (_) @scope.class)
(mod_item body: (_) @scope.namespace)

(function_item name: (_) @name body: (_) @body) @define.function
(source_file (function_signature_item name: (_) @name) @define.function)
(trait_item body: (declaration_list (function_item name: (_) @name body: (_) @body) @define.method))
(trait_item body: (declaration_list (function_signature_item name: (_) @name) @define.method))
(impl_item type: [(type_identifier) @owner (generic_type type: (type_identifier) @owner)]
  body: (declaration_list (function_item name: (_) @name body: (_) @body) @define.method))
(struct_item name: (_) @name) @define.type
(struct_item name: (_) @name body: (_) @body @opens) @define.type
(enum_item name: (_) @name body: (_) @body @opens) @define.enum
(enum_variant name: (_) @name) @define.constant
(trait_item name: (_) @name body: (_) @body @opens) @define.interface
(type_item name: (_) @name) @define.type
(field_declaration name: (_) @name) @define.field
(const_item name: (_) @name) @define.constant
(static_item name: (_) @name) @define.variable
(mod_item name: (_) @name body: (_) @body @opens) @define.namespace
(macro_definition name: (_) @name) @define.function

(parameter pattern: (identifier) @bind.parameter)
(closure_parameters (identifier) @bind.parameter)
(let_declaration pattern: (identifier) @bind.variable)
(for_expression pattern: (identifier) @bind.variable)
(type_parameter name: (type_identifier) @bind.typevar)

(call_expression function: (_) @callee) @whole
(field_expression value: (_) @object field: (field_identifier) @member) @whole
(scoped_identifier path: (_) @object name: (_) @member) @whole
(scoped_type_identifier path: (_) @object name: (_) @member) @whole
(macro_invocation macro: (_) @callee) @whole
(use_declaration argument: (scoped_identifier name: (identifier) @mention))
(use_list (identifier) @mention)
(use_list (scoped_identifier name: (identifier) @mention))
