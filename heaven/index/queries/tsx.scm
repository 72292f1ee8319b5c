; inherits: typed, jsx
; TypeScript with JSX.
