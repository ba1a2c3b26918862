/** The introduction of the OpenAPI document: the rules that apply to all operations. */
export const description = `Keeps a backlog of tasks, runs their shell commands on workers, and streams every byte of output live.

**Signing in.** \`POST /api/auth/login\` returns an access token; send it as \`Authorization: Bearer …\`. A personal access token can be used in its place.

**Responses** are \`{ data, error, meta }\`: one of \`data\` and \`error\` is null. An error has a \`code\` that does not change, a message for people, and \`details\`. Later versions may add fields: ignore those you do not know.

**Lists** take \`page\` and \`page_size\` and return \`items\`, \`total\`, and links under \`pagination\`. To read all pages of a list that changes meanwhile, send its \`next_cursor\` as \`cursor\`, with the same filters and sort: nothing is skipped or repeated, and \`total\` stays that of the first page. Lists without a kept count are counted up to 10,000: when \`total_is_exact\` is false there are more items than \`total\`, and \`next\` and \`next_cursor\` lead to all of them. Paths work with and without a final slash.

**Names.** Ids are UUIDs, times ISO 8601 in UTC, durations \`HH:MM:SS\`. A task can also be identified by its ref (\`SHOP-42\`) or by a unique prefix of its id of 8 or more characters, and a project by its key.

**Repeated requests.** A \`POST\` with an \`Idempotency-Key\` is executed once, however often it is sent; when the answer was lost in a crash after it was carried out, a repetition says so (409 \`IDEMPOTENCY_CONFLICT\`). Resources that can be changed have a \`version\`: send the one that you have read in \`If-Match\`, and a concurrent change is reported as \`VERSION_CONFLICT\` instead of being overwritten.

**Live.** Output can be followed as bytes or as server-sent events here. \`ws://…/ws/{session_id}\` and socket.io deliver output, the progress of tasks and notifications; webhooks deliver the events below.`;
