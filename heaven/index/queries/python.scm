; What the index reads in Python. The capture names are the vocabulary of reading.py:
;   definitions   @function @class with @name @typevars @parameters @returns @bases @body;
;                 @base of @class.of; @decorator of @defined in @decorated
;   scopes        @lambda @comprehension, @outer (a part that belongs to the scope outside)
;   names         @use; @ignore is no use; @quoted is a name inside a string; @type; @dotted;
;                 @matched is an attribute of what a pattern matches
;   bindings      @parameter (@variadic) @variable @field (of @owner) @walrus @typevar @global
;                 @nonlocal, with what they take: @value @annotation @context @raised @iterable
;   functions     @result @yielded
;   expressions   @whole with @member of @object | @callee | @inner (the same value) | @indexed |
;                 @either @or; @literal @none; @cast of something @to a type; @through (what has
;                 the same elements) @chosen (one of its elements) @held (one of the whole's);
;   imports       @import with @module @source @imported @alias @star

(identifier) @use

; What is said of calls of certain names is in python_calls.scm.

; --- definitions and scopes

(function_definition
  name: (identifier) @name
  type_parameters: (type_parameter)? @typevars
  parameters: (parameters) @parameters
  return_type: (type)? @returns
  body: (block) @body) @function

(class_definition
  name: (identifier) @name
  type_parameters: (type_parameter)? @typevars
  superclasses: (argument_list)? @bases
  body: (block) @body) @class

(class_definition
  superclasses: (argument_list
    [(identifier) (attribute) (subscript) (call) (list_splat) (parenthesized_expression)
     (conditional_expression)] @base)) @class.of

(decorated_definition (decorator (_) @decorator) definition: (_) @defined) @decorated

(lambda
  parameters: (lambda_parameters)? @parameters
  body: (_) @body) @lambda

([(list_comprehension (for_in_clause right: (_) @outer))
  (set_comprehension (for_in_clause right: (_) @outer))
  (dictionary_comprehension (for_in_clause right: (_) @outer))
  (generator_expression (for_in_clause right: (_) @outer))] @comprehension)

; --- expressions whose value can be followed

(attribute object: (_) @object attribute: (identifier) @member) @whole
(call function: (_) @callee) @whole
(parenthesized_expression . (_) @inner .) @whole
(await (_) @inner) @whole
(named_expression value: (_) @inner) @whole
(subscript value: (_) @indexed) @whole
(conditional_expression . (_) @either (_) . (_) @or .) @whole
(boolean_operator left: (_) @either right: (_) @or) @whole
(none) @none
(binary_operator left: [(string) (concatenated_string) (integer) (float)]) @literal
[(string) (concatenated_string) (integer) (float) (true) (false) (list) (dictionary) (set)
 (tuple) (list_comprehension) (set_comprehension) (dictionary_comprehension) (generator_expression)
 (lambda) (comparison_operator) (not_operator)] @literal
(subscript value: (_) @through subscript: (slice)) @whole
(list . [(identifier) (attribute) (call)] @held) @whole
(list_comprehension body: (_) @held) @whole
(set_comprehension body: (_) @held) @whole
(generator_expression body: (_) @held) @whole
(dictionary_comprehension body: (pair value: (_) @held)) @whole
(return_statement (_) @result)
(yield . (_) @yielded)

; --- bindings

(parameters (identifier) @parameter)
(lambda_parameters (identifier) @parameter)
(parameters (list_splat_pattern (identifier) @parameter) @variadic)
(parameters (dictionary_splat_pattern (identifier) @parameter) @variadic)
(lambda_parameters (list_splat_pattern (identifier) @parameter) @variadic)
(lambda_parameters (dictionary_splat_pattern (identifier) @parameter) @variadic)
(default_parameter name: (identifier) @parameter)
(typed_parameter . (identifier) @parameter type: (type) @annotation)
(typed_parameter . (list_splat_pattern (identifier) @parameter) @variadic type: (type) @annotation)
(typed_parameter . (dictionary_splat_pattern (identifier) @parameter) @variadic type: (type) @annotation)
(typed_default_parameter name: (identifier) @parameter type: (type) @annotation)

(assignment
  left: (identifier) @variable
  type: (type)? @annotation
  right: (_)? @value) @statement
(assignment
  left: (attribute object: (identifier) @owner attribute: (identifier) @field)
  type: (type)? @annotation
  right: (_)? @value) @statement
(assignment left: [(pattern_list) (tuple_pattern) (list_pattern)] @targets) @statement
(augmented_assignment left: (identifier) @variable)
(augmented_assignment left: (attribute attribute: (identifier) @assigned))
(pattern_list (identifier) @variable)
(tuple_pattern (identifier) @variable)
(list_pattern (identifier) @variable)
(list_splat_pattern (identifier) @variable)
(pattern_list (attribute object: (identifier) @owner attribute: (identifier) @field))
(tuple_pattern (attribute object: (identifier) @owner attribute: (identifier) @field))
(list_pattern (attribute object: (identifier) @owner attribute: (identifier) @field))
(named_expression name: (identifier) @walrus value: (_) @value)
(for_statement left: (identifier) @variable right: (_) @iterable)
(for_in_clause left: (identifier) @variable right: (_) @iterable)
(for_statement
  left: (pattern_list . (_) . (identifier) @variable .)
  right: (call
    function: (identifier) @_enumerate
    arguments: (argument_list . (_) @iterable))
 (#eq? @_enumerate "enumerate"))
(for_in_clause
  left: (pattern_list . (_) . (identifier) @variable .)
  right: (call
    function: (identifier) @_enumerate
    arguments: (argument_list . (_) @iterable))
 (#eq? @_enumerate "enumerate"))
(for_statement
  left: (pattern_list . (_) . (identifier) @variable .)
  right: (call function: (attribute object: (_) @iterable attribute: (identifier) @_items))
 (#eq? @_items "items"))
(for_in_clause
  left: (pattern_list . (_) . (identifier) @variable .)
  right: (call function: (attribute object: (_) @iterable attribute: (identifier) @_items))
 (#eq? @_items "items"))
((with_item value: (as_pattern
  . (call
    function: [(identifier) @_raises (attribute attribute: (identifier) @_raises)]
    arguments: (argument_list . (_) @expected))
  alias: (as_pattern_target (identifier) @variable)))
 (#any-of? @_raises "raises" "assertRaises" "assertRaisesRegex" "warns"))
(with_item value: (as_pattern . (_) @context alias: (as_pattern_target (identifier) @variable)))
(except_clause value: (as_pattern . (_) @raised alias: (as_pattern_target (identifier) @variable)))
(as_pattern_target (identifier) @variable)
(as_pattern_target (tuple (identifier) @variable))
(as_pattern_target (list (identifier) @variable))
(case_pattern (as_pattern (identifier) @variable .))
(case_pattern (dotted_name . (identifier) @variable .))
(keyword_pattern (_) (dotted_name . (identifier) @variable .))
(splat_pattern (identifier) @variable)
(delete_statement (identifier) @variable)
(delete_statement (expression_list (identifier) @variable))
(type_alias_statement left: (type (identifier) @variable)) @statement
(function_definition type_parameters: (type_parameter (type (identifier) @typevar)))
(class_definition type_parameters: (type_parameter (type (identifier) @typevar)))
(function_definition
  type_parameters: (type_parameter (type (constrained_type . (type (identifier) @typevar)))))
(class_definition
  type_parameters: (type_parameter (type (constrained_type . (type (identifier) @typevar)))))
(global_statement (identifier) @global)
(nonlocal_statement (identifier) @nonlocal)

; --- names that are no uses, and uses that are no names

(keyword_argument name: (identifier) @ignore)
(keyword_pattern . (identifier) @matched)
(type) @type
((keyword_argument
  name: (identifier) @_bound
  value: [(identifier) (attribute) (subscript) (string) (binary_operator)] @type)
 (#eq? @_bound "bound"))
((assignment
  type: (type) @_alias
  right: [(identifier) (attribute) (subscript) (string) (binary_operator)] @type)
 (#match? @_alias "(^|\\.)TypeAlias$"))

((assignment
  left: (identifier)
  !type
  right: (subscript value: [(identifier) @_form (attribute attribute: (identifier) @_form)]) @type)
 (#any-of? @_form "Union" "Optional" "Annotated"))
(module (expression_statement (assignment
  left: (identifier)
  !type
  right: (binary_operator operator: "|") @type)))

(dotted_name) @dotted

((assignment
  left: (identifier) @_all
  right: [(list (string (string_content) @quoted)) (tuple (string (string_content) @quoted))])
 (#eq? @_all "__all__"))
((augmented_assignment
  left: (identifier) @_all
  right: [(list (string (string_content) @quoted)) (tuple (string (string_content) @quoted))])
 (#eq? @_all "__all__"))

; --- imports

(import_statement name: (dotted_name) @module) @import
(import_statement name: (aliased_import name: (dotted_name) @module alias: (identifier) @alias)) @import
(import_from_statement module_name: (_) @source name: (dotted_name) @imported) @import
(import_from_statement
  module_name: (_) @source
  name: (aliased_import name: (dotted_name) @imported alias: (identifier) @alias)) @import
(import_from_statement module_name: (_) @source (wildcard_import) @star) @import
(future_import_statement (dotted_name (identifier) @ignore))
