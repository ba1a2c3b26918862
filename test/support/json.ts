// Answers are checked by expectations; a static type here would only repeat the server's own.
// oxlint-disable-next-line typescript/no-explicit-any
export type Json = any;
