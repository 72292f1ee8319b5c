; What the index reads in Go. The capture names are the vocabulary of outline.py.

(identifier) @use
(type_identifier) @use.type
(field_identifier) @use
(package_identifier) @use
(label_name) @ignore
((identifier) @ignore (#eq? @ignore "_"))
(package_clause (package_identifier) @package)
(package_clause (package_identifier) @ignore)
(comment) @comment

; --- scopes

(function_declaration) @scope.function
(method_declaration) @scope.function
(func_literal) @scope.function
[(block) (if_statement) (for_statement) (expression_switch_statement) (type_switch_statement)
 (select_statement) (expression_case) (default_case) (type_case) (communication_case)] @scope.block
(struct_type) @scope.class
(interface_type) @scope.class
(type_alias) @scope.block
(method_elem) @scope.block
(function_type) @scope.block

; --- definitions

(function_declaration name: (identifier) @name result: (_)? @returns body: (block)? @body)
  @define.function
(method_declaration
  receiver: (parameter_list (parameter_declaration type: [
    (type_identifier) @owner
    (pointer_type (type_identifier) @owner)
    (generic_type type: (type_identifier) @owner)
    (pointer_type (generic_type type: (type_identifier) @owner))]))
  name: (field_identifier) @name result: (_)? @returns body: (block)? @body) @define.method
(type_spec name: (type_identifier) @name type: (_) @returns) @define.type
(type_spec name: (type_identifier) @name
  type: (struct_type (field_declaration_list) @body) @opens) @define.type
(type_spec name: (type_identifier) @name type: (interface_type) @body @opens) @define.interface
(type_alias name: (type_identifier) @name type: (_) @returns) @define.type
(field_declaration name: (field_identifier) @name type: (_) @type) @define.field
(method_elem name: (field_identifier) @name result: (_)? @returns) @define.method
(const_spec (identifier) @name) @define.constant
(const_spec (identifier) @name type: (_) @type) @define.constant
(const_spec . name: (identifier) @name . type: (_)? @type value: (expression_list . (_) @value))
  @define.constant
(var_spec name: (identifier) @name) @define.variable
(var_spec name: (identifier) @name type: (_) @type) @define.variable
(var_spec . name: (identifier) @name . type: (_)? @type value: (expression_list . (_) @value .))
  @define.variable

(type_spec type: (struct_type (field_declaration_list (field_declaration !name type: (_) @base))))
  @base.of
(type_spec type: (interface_type (type_elem . (_) @base .))) @base.of

(type_declaration . (type_spec) @wrapped .) @wrap
(type_declaration . (type_alias) @wrapped .) @wrap
(const_declaration . (const_spec) @wrapped .) @wrap
(var_declaration . (var_spec) @wrapped .) @wrap

; --- bindings

(parameter_declaration name: (identifier) @bind.parameter type: (_) @type)
(variadic_parameter_declaration name: (identifier) @bind.parameter type: (_) @each)
(type_parameter_declaration name: (identifier) @bind.typevar)
(short_var_declaration left: (expression_list (identifier) @bind.variable)) @after
(short_var_declaration
  left: (expression_list . (identifier) @bind.variable .)
  right: (expression_list . (_) @value .)) @after
(short_var_declaration
  left: (expression_list . (identifier) @bind.variable . (identifier))
  right: (expression_list . (_) @first .)) @after
(short_var_declaration
  left: (expression_list . (identifier) . (identifier) @bind.variable .)
  right: (expression_list . (_) @rest .)) @after
(short_var_declaration
  left: (expression_list . (identifier) @bind.variable . (identifier) .)
  right: (expression_list . (_) @value . (_) .)) @after
(short_var_declaration
  left: (expression_list . (identifier) . (identifier) @bind.variable .)
  right: (expression_list . (_) . (_) @value .)) @after
(range_clause left: (expression_list (identifier) @bind.variable)) @after
(range_clause left: (expression_list (identifier) . (identifier) @bind.variable) right: (_) @element)
  @after
(receive_statement left: (expression_list . (identifier) @bind.variable)
  right: (unary_expression operand: (_) @element)) @after
(type_switch_statement alias: (expression_list (identifier) @bind.variable))
(assignment_statement left: (expression_list (identifier) @assigned))
(assignment_statement left: (expression_list (selector_expression field: (_) @assigned)))
(inc_statement (identifier) @assigned)
(dec_statement (identifier) @assigned)
(inc_statement (selector_expression field: (_) @assigned))
(dec_statement (selector_expression field: (_) @assigned))

; --- expressions whose value can be followed

(selector_expression operand: (_) @object field: (field_identifier) @member) @whole
(qualified_type package: (package_identifier) @object name: (type_identifier) @member) @whole
(call_expression function: (_) @callee) @whole
(call_expression
  function: (identifier) @_make arguments: (argument_list . (_) @instance)
  (#any-of? @_make "new" "make")) @whole
(call_expression
  function: (identifier) @_append arguments: (argument_list . (_) @same)
  (#eq? @_append "append")) @whole
(parenthesized_expression (_) @same) @whole
(unary_expression operator: ["&" "*"] operand: (_) @same) @whole
(unary_expression operator: "<-" operand: (_) @ranged) @whole
(index_expression operand: (_) @indexed) @whole
(slice_expression operand: (_) @same) @whole
(composite_literal type: (_) @instance) @whole
(type_assertion_expression type: (_) @instance) @whole
(type_conversion_expression type: (_) @instance) @whole
(type_instantiation_expression type: (_) @same) @whole
(composite_literal
  type: [(type_identifier) (qualified_type) (generic_type)]
  body: (literal_value (keyed_element . (literal_element (identifier) @member)))) @whole @object
(composite_literal
  type: [(slice_type) (array_type) (map_type) (implicit_length_array_type)] @_many
  body: (literal_value (literal_element
    (literal_value . (keyed_element . (literal_element (identifier) @member)))))) @whole @object
[(interpreted_string_literal) (raw_string_literal) (int_literal) (float_literal) (rune_literal)
 (true) (false) (nil) (func_literal) (binary_expression) (struct_type)] @literal

; --- types

(pointer_type (_) @same) @whole
(parenthesized_type (_) @same) @whole
(slice_type element: (_) @one) @list
(array_type element: (_) @one) @list
(map_type value: (_) @one) @list
(channel_type value: (_) @one) @list
(generic_type type: (_) @same) @whole
(function_declaration result: (parameter_list (parameter_declaration type: (_) @one)) @tuple)
(method_declaration result: (parameter_list (parameter_declaration type: (_) @one)) @tuple)
(method_elem result: (parameter_list (parameter_declaration type: (_) @one)) @tuple)

; --- imports

(import_spec !name path: (_ (_) @module)) @import.package
(import_spec name: (package_identifier) @import.all path: (_ (_) @module))
(import_spec name: (dot) @import.dot path: (_ (_) @module))
