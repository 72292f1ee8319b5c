; What JavaScript and TypeScript share. The capture names are the vocabulary of outline.py.

[(identifier) (property_identifier) (private_property_identifier) (shorthand_property_identifier)
 (shorthand_property_identifier_pattern)] @use
(pair key: (property_identifier) @ignore)
(pair_pattern key: (property_identifier) @ignore)
((identifier) @ignore (#eq? @ignore "undefined"))
(comment) @comment
(decorator) @decorator

; --- scopes

[(function_declaration) (function_expression) (generator_function) (generator_function_declaration)
 (method_definition)] @scope.function
(arrow_function) @scope.arrow
[(statement_block) (for_statement) (for_in_statement) (catch_clause) (switch_body)
 (class_static_block)] @scope.block
[(class_body) (object)] @scope.class

; --- definitions

(function_declaration name: (_) @name body: (_) @body) @define.function
(generator_function_declaration name: (_) @name body: (_) @body) @define.function
(class_declaration name: (_) @name body: (_) @body @opens) @define.class
(method_definition name: [(property_identifier) (private_property_identifier)] @name body: (_) @body)
  @define.method
(method_definition "get" name: (property_identifier) @name body: (_) @body) @define.method @getter
(object (pair key: (property_identifier) @name
  value: (arrow_function body: (_) @body) @opens) @define.method)
(object (pair key: (property_identifier) @name
  value: (function_expression body: (_) @body) @opens) @define.method)
(variable_declarator name: (identifier) @name value: (arrow_function body: (_) @body) @opens)
  @define.function
(variable_declarator name: (identifier) @name value: (function_expression body: (_) @body) @opens)
  @define.function
(variable_declarator name: (identifier) @name value: (class body: (_) @body @opens)) @define.class
(variable_declarator name: (identifier) @name
  value: (object [(method_definition) (pair value: [(arrow_function) (function_expression)])])
    @body @opens) @define.constant
((assignment_expression
  left: (member_expression object: (identifier) @_exports property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)] @opens)
  @define.function @exported.member (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
    property: (property_identifier) @name)
  right: [(arrow_function body: (_) @body) (function_expression body: (_) @body)] @opens)
  @define.function @exported.member (#eq? @_module "module") (#eq? @_exports "exports"))


(lexical_declaration . (variable_declarator) @wrapped .) @wrap
(variable_declaration . (variable_declarator) @wrapped .) @wrap
(export_statement declaration: (_) @wrapped) @wrap
(expression_statement (assignment_expression) @wrapped) @wrap

; tests: the string that says what is tested is the name

((call_expression
  function: (identifier) @_test
  arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)] @opens))
  @define.test (#any-of? @_test "it" "test" "specify"))
((call_expression
  function: (member_expression object: (identifier) @_test)
  arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)] @opens))
  @define.test (#any-of? @_test "it" "test" "specify"))
((call_expression
  function: (call_expression function: (member_expression object: (identifier) @_test))
  arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)] @opens))
  @define.test (#any-of? @_test "it" "test" "specify"))
((call_expression
  function: [(identifier) @_suite (member_expression object: (identifier) @_suite)]
  arguments: (arguments . (string (string_fragment) @name) . [(arrow_function) (function_expression)] @opens))
  @define.suite (#any-of? @_suite "describe" "suite" "context"))

; --- bindings

(arrow_function parameter: (identifier) @bind.parameter)
(catch_clause parameter: (identifier) @bind.variable)
(for_in_statement kind: _ left: (identifier) @bind.variable right: (_) @element)
(variable_declarator name: (identifier) @bind.variable) @around
(variable_declaration (variable_declarator name: (identifier) @bind.hoisted) @around)
(lexical_declaration "const" (variable_declarator name: (identifier) @bind.constant) @around)
(shorthand_property_identifier_pattern) @bind.variable
(pair_pattern value: (identifier) @bind.variable)
(array_pattern (identifier) @bind.variable)
(rest_pattern (identifier) @bind.variable)
(assignment_pattern left: (identifier) @bind.variable)
(pair_pattern value: (assignment_pattern left: (identifier) @bind.variable))
(assignment_expression left: (identifier) @assigned)
(augmented_assignment_expression left: (identifier) @assigned)
(update_expression argument: (identifier) @assigned)
(assignment_expression left: (member_expression property: (property_identifier) @assigned))
(augmented_assignment_expression left: (member_expression property: (property_identifier) @assigned))
(assignment_expression
  left: (member_expression object: (this) property: (property_identifier) @bind.field) right: (_) @value)

; --- expressions whose value can be followed

(member_expression object: (_) @object property: (_) @member) @whole
(call_expression function: (_) @callee) @whole
(new_expression constructor: (_) @made) @whole
(parenthesized_expression (_) @same) @whole
(await_expression (_) @same) @whole
(subscript_expression object: (_) @indexed) @whole
(assignment_expression right: (_) @same) @whole
(this) @this
(super) @super
[(string) (template_string) (number) (regex) (true) (false) (null) (binary_expression)] @literal
(return_statement (_) @result)
(arrow_function body: [(identifier) (call_expression) (new_expression) (member_expression)
  (await_expression) (parenthesized_expression)] @result)

; --- imports and exports

(import_statement (import_clause (identifier) @import.default) source: (string (string_fragment) @module))
(import_statement
  (import_clause (namespace_import (identifier) @import.all)) source: (string (string_fragment) @module))
(import_statement
  (import_clause (named_imports (import_specifier name: (_) @import.name alias: (_)? @import.alias)))
  source: (string (string_fragment) @module))
(export_statement
  (export_clause (export_specifier name: (_) @import.name alias: (_)? @import.alias))
  source: (string (string_fragment) @module)) @reexport
(export_statement
  (export_clause (export_specifier name: (_) @export.name alias: (_)? @export.alias)) !source)
(export_statement "*" @import.star source: (string (string_fragment) @module))
(export_statement
  (namespace_export (_) @import.all) source: (string (string_fragment) @module)) @reexport
(export_statement declaration: (_) @exported)
(export_statement "default" @default declaration: (_) @exported)
(export_statement value: (identifier) @export.default)
(export_statement value: [(new_expression) (call_expression) (member_expression)] @export.value)

((call_expression function: (identifier) @_require
  arguments: (arguments . (string (string_fragment) @module) .)) @required (#eq? @_require "require"))
((call_expression function: (import)
  arguments: (arguments . (string (string_fragment) @module) .)) @required)
((variable_declarator name: (identifier) @import.require
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern (shorthand_property_identifier_pattern) @import.name)
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) @required.from
  (#eq? @_require "require"))
((variable_declarator
  name: (object_pattern (pair_pattern key: (property_identifier) @import.name value: (identifier) @import.alias))
  value: (call_expression function: (identifier) @_require
    arguments: (arguments . (string (string_fragment) @module) .))) @required.from
  (#eq? @_require "require"))

((assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (identifier) @export.default) (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: [(new_expression) (call_expression) (member_expression)] @export.value)
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (object (shorthand_property_identifier) @export.name))
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (object (pair key: (property_identifier) @export.alias value: (identifier) @export.name)))
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
  right: (object [(method_definition) (pair value: [(arrow_function) (function_expression)])] @exported.member))
  (#eq? @_module "module") (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression object: (identifier) @_exports property: (property_identifier) @export.alias)
  right: (identifier) @export.name) (#eq? @_exports "exports"))
((assignment_expression
  left: (member_expression
    object: (member_expression object: (identifier) @_module property: (property_identifier) @_exports)
    property: (property_identifier) @export.alias)
  right: (identifier) @export.name) (#eq? @_module "module") (#eq? @_exports "exports"))
