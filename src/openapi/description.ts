/** What holds for every operation, as the first thing a reader of the documentation sees. */
export const description = `Keeps a backlog of tasks, runs their shell commands on workers, and streams every byte of output live.

**Signing in.** \`POST /api/auth/login\` gives an access token; send it as \`Authorization: Bearer …\`. A personal access token goes wherever an access token goes.

**Answers** are \`{ data, error, meta }\`: one of \`data\` and \`error\` is null. An error has a \`code\` that does not change, a message for people, and \`details\`. An answer may gain fields: ignore those you do not know.

**Lists** take \`page\` and \`page_size\` and answer \`items\`, \`total\`, and links under \`pagination\`. To go through a list that changes meanwhile send its \`next_cursor\` as \`cursor\`, with the same filters and sort: nothing is skipped or repeated, and \`total\` stays that of the beginning. Paths answer with and without a final slash.

**Names.** Ids are UUIDs, times ISO 8601 in UTC, durations \`HH:MM:SS\`. Where a task is named, its ref (\`SHOP-42\`) and a unique beginning of its id of 8 or more characters work too; a project goes by its key.

**Sending again.** A \`POST\` with an \`Idempotency-Key\` is done once, however often it is sent. What can be changed has a \`version\`: send the one you have seen in \`If-Match\`, and a change made meanwhile is answered with \`VERSION_CONFLICT\` instead of being lost.

**Live.** Output can be followed as bytes or as server-sent events here. \`ws://…/ws/{session_id}\` and socket.io carry output, the progress of tasks and notifications; webhooks carry the events below.`;
