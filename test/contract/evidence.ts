/** A test that shows an item of a document: a file, by its path from `test/`, and the title of a test in it. */
export type Evidence = readonly [file: string, title: string];

/** An operation, field, rule or gap of a source document. */
export interface Row {
  /** What takes its place here. */
  here: string;
  /** The tests that show it. */
  shown: readonly Evidence[];
}

/** The tests of each promise of a page of `docs/`, by its part. */
export type Promises = Record<string, Record<string, readonly Evidence[]>>;

/** The rows of a document, by its part and by what they are about. */
export type Table = Record<string, Record<string, Row>>;

/** Makes a row. @param here what takes its place here */
export const row = (here: string, ...shown: Evidence[]): Row => ({ here, shown });
