; JSX, in JavaScript and TSX.

(jsx_attribute (property_identifier) @ignore)
(jsx_opening_element name: (identifier) @called)
(jsx_self_closing_element name: (identifier) @called)
