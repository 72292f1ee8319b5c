; What a call of a certain name says besides what every call says, in the vocabulary of python.scm,
; with @narrowing: @subject is one of @classes. It is asked of calls only whose callee ends, or
; begins, with one of the words below (`reading.py` lists them): every call would be tried against
; every pattern here, which costs a quarter of the whole query.

((call
  function: (identifier) @_same
  arguments: (argument_list . [(identifier) (attribute) (call) (subscript)] @through)) @whole
 (#any-of? @_same "list" "tuple" "set" "frozenset" "sorted" "reversed" "iter" "deque"))
((call
  function: (identifier) @_one
  arguments: (argument_list . [(identifier) (attribute) (call) (subscript)] @chosen)) @whole
 (#any-of? @_one "next" "max" "min"))
((call
  function: (identifier) @_isinstance
  arguments: (argument_list . [(identifier) (attribute)] @subject . (_) @classes .)) @narrowing
 (#eq? @_isinstance "isinstance"))
((call
  function: [(identifier) @_cast (attribute attribute: (identifier) @_cast)]
  arguments: (argument_list . [(identifier) (attribute) (subscript) (string) (binary_operator)] @to . (_) .)) @cast
 (#eq? @_cast "cast"))
((call
  function: [(identifier) @_new (attribute attribute: (identifier) @_new)]
  arguments: (argument_list . (_) . [(identifier) (attribute) (subscript) (string)] @type))
 (#any-of? @_new "TypeVar" "NewType"))
((call
  function: [(identifier) @_new (attribute attribute: (identifier) @_new)]
  arguments: (argument_list (string) (_) [(identifier) (attribute) (subscript) (string)] @type))
 (#eq? @_new "TypeVar"))
((call
  function: [(identifier) @_new (attribute attribute: (identifier) @_new)]
  arguments: (argument_list . (string) @type .))
 (#eq? @_new "ForwardRef"))
((call
  function: (attribute object: (identifier) @_all)
  arguments: (argument_list [(list (string (string_content) @quoted)) (tuple (string (string_content) @quoted))]))
 (#eq? @_all "__all__"))
((call
  function: (attribute object: (identifier) @_all)
  arguments: (argument_list (string (string_content) @quoted)))
 (#eq? @_all "__all__"))
