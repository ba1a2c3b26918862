/** The content of a file: a `Blob`, such as a `File`, or a text. */
export type FileBody = Blob | string;
