// oxlint-disable-next-line typescript/no-explicit-any -- answers are checked by expectations; a type would only repeat the server's own
export type Json = any;
