"""The macro ops of TypeScript, TSX and JavaScript."""
