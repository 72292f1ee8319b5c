; inherits: ecmascript
; What the index reads in TypeScript, with or without JSX, beyond what all dialects share.

(type_identifier) @use.type
(statement_identifier) @ignore

; --- scopes

[(function_signature) (method_signature) (abstract_method_signature) (function_type)
 (constructor_type) (type_alias_declaration) (call_signature) (construct_signature)] @scope.block
[(interface_body) (object_type) (enum_body)] @scope.class
(internal_module body: (statement_block) @scope.namespace)
(module body: (statement_block) @scope.namespace)
(class_declaration) @scope.block
(abstract_class_declaration) @scope.block
(interface_declaration) @scope.block

; --- definitions

(function_signature name: (_) @name return_type: (_)? @returns) @define.function
(function_declaration name: (_) @name return_type: (_) @returns body: (_) @body) @define.function
(abstract_class_declaration name: (_) @name body: (_) @body @opens) @define.class
(interface_declaration name: (_) @name body: (_) @body @opens) @define.interface
(enum_declaration name: (_) @name body: (_) @body @opens) @define.enum
(enum_body name: (property_identifier) @name @define.constant)
(enum_assignment name: (property_identifier) @name) @define.constant
(type_alias_declaration name: (_) @name value: (_) @returns) @define.type
(type_alias_declaration name: (_) @name value: (object_type) @opens) @define.type
(internal_module name: (identifier) @name body: (_) @body @opens) @define.namespace
(module name: (identifier) @name body: (_) @body @opens) @define.namespace
(method_definition name: [(property_identifier) (private_property_identifier)] @name
  return_type: (_) @returns body: (_) @body) @define.method
(method_definition "get" name: (property_identifier) @name return_type: (_) @returns body: (_) @body)
  @define.method @getter
(method_signature name: (property_identifier) @name return_type: (_)? @returns) @define.method
(abstract_method_signature name: (property_identifier) @name return_type: (_)? @returns) @define.method
(property_signature name: (property_identifier) @name type: (_)? @type) @define.field
(public_field_definition name: (_) @name type: (_)? @type value: (_)? @value) @define.field
(public_field_definition name: (_) @name
  value: [(arrow_function return_type: (_)? @returns body: (_) @body)
          (function_expression return_type: (_)? @returns body: (_) @body)] @opens) @define.method
(variable_declarator name: (identifier) @name
  value: (arrow_function return_type: (_) @returns body: (_) @body) @opens) @define.function
(variable_declarator name: (identifier) @name
  value: (function_expression return_type: (_) @returns body: (_) @body) @opens) @define.function

(class_declaration (class_heritage (extends_clause value: (_) @base))) @base.of
(abstract_class_declaration (class_heritage (extends_clause value: (_) @base))) @base.of
(class_declaration (class_heritage (implements_clause (_) @base))) @base.of
(abstract_class_declaration (class_heritage (implements_clause (_) @base))) @base.of
(interface_declaration (extends_type_clause type: (_) @base)) @base.of
(variable_declarator value: (class (class_heritage (extends_clause value: (_) @base)))) @base.of

(expression_statement (internal_module) @wrapped) @wrap
(ambient_declaration (_) @wrapped) @wrap

; --- bindings

(required_parameter pattern: (identifier) @bind.parameter type: (_)? @type value: (_)? @value)
(optional_parameter pattern: (identifier) @bind.parameter type: (_)? @type)
(required_parameter (accessibility_modifier) pattern: (identifier) @bind.property type: (_)? @type)
(required_parameter "readonly" pattern: (identifier) @bind.property type: (_)? @type)
(type_parameter name: (type_identifier) @bind.typevar constraint: (constraint (_) @type)?)
(variable_declarator name: (identifier) @bind.variable type: (_)? @type value: (_)? @value) @around
(variable_declaration
  (variable_declarator name: (identifier) @bind.hoisted type: (_)? @type value: (_)? @value) @around)
(lexical_declaration "const"
  (variable_declarator name: (identifier) @bind.constant type: (_)? @type value: (_)? @value) @around)
(call_expression function: (_) @parameter arguments: (arguments
  [(arrow_function parameter: (identifier) @bind.parameter)
   (arrow_function parameters: (formal_parameters
     (required_parameter pattern: (identifier) @bind.parameter !type)))
   (function_expression parameters: (formal_parameters
     (required_parameter pattern: (identifier) @bind.parameter !type)))] @argument))
(new_expression constructor: (_) @parameter arguments: (arguments
  [(arrow_function parameter: (identifier) @bind.parameter)
   (arrow_function parameters: (formal_parameters
     (required_parameter pattern: (identifier) @bind.parameter !type)))
   (function_expression parameters: (formal_parameters
     (required_parameter pattern: (identifier) @bind.parameter !type)))] @argument))
(index_signature name: (identifier) @ignore)

; --- expressions and types

(as_expression (_) . (_) @instance .) @whole
(satisfies_expression . (_) @same) @whole
(non_null_expression (_) @same) @whole
(type_annotation (_) @same) @whole
(parenthesized_type (_) @same) @whole
(nested_type_identifier module: (_) @object name: (_) @member) @whole
(nested_identifier object: (_) @object property: (_) @member) @whole
((predefined_type) @literal
  (#not-eq? @literal "any") (#not-eq? @literal "unknown") (#not-eq? @literal "object"))
[(literal_type) (template_literal_type) (function_type)] @literal
(readonly_type (_) @same) @whole
(this_type) @this
(function_type parameters: (formal_parameters
  [(required_parameter pattern: [(identifier) (object_pattern) (array_pattern)] type: (_) @one)
   (optional_parameter pattern: [(identifier) (object_pattern) (array_pattern)] type: (_) @one)]))
  @function
(array_type (_) @one) @list
(union_type (_) @one) @union
(intersection_type (_) @one) @union
(generic_type name: (_) @head type_arguments: (type_arguments (_) @one)) @generic

; --- imports

(import_statement (import_require_clause (identifier) @import.require
  source: (string (string_fragment) @module)))
(export_statement "=" (identifier) @export.default)
