/** The most characters of a piece, unless a single row has more: to write a million takes about 3 ms. */
const mostCharacters = 1_000_000;

/** Some rows, and the JSON list of them. */
export interface JsonPiece<Row> {
  rows: Row[];
  json: string;
}

/**
 * Writes rows as JSON lists of about a megabyte each, for statements with `json_to_recordset`: one list of all would block the event loop, and
 * one statement a row would take a round trip each. The rows are written when a piece is asked for.
 */
export function* jsonPieces<Row extends object>(rows: Iterable<Row>): Generator<JsonPiece<Row>> {
  let piece: Row[] = [];
  let texts: string[] = [];
  let size = 0;
  for (const row of rows) {
    const text = JSON.stringify(row);
    piece.push(row);
    texts.push(text);
    size += text.length;
    if (size < mostCharacters) continue;
    yield { rows: piece, json: `[${texts.join(',')}]` };
    [piece, texts, size] = [[], [], 0];
  }
  if (piece.length > 0) yield { rows: piece, json: `[${texts.join(',')}]` };
}
