; inherits: typed
; TypeScript without JSX.

(type_assertion (type_arguments (_) @instance)) @whole
