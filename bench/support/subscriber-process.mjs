// The process of `Subscribers`: its parent sends the topic, and it counts the frames and bytes that its sockets receive.
import { WebSocket } from 'ws';

const sockets = [];
let frames = 0;
let bytes = 0;
let ends = 0;
const lengthPattern = /"length":(\d+)/;

process.on('message', async ({ url, tokens, perToken, topic }) => {
  if (url === undefined) {
    for (const ws of sockets) ws.terminate();
    process.exit(0);
  }
  for (const token of tokens) {
    const opened = Array.from({ length: perToken }, () => open(url, token, topic));
    await Promise.all(opened);
  }
  process.send({ ready: sockets.length });
});

function open(url, token, topic) {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}` };
    const ws = new WebSocket(`${url.replace('http', 'ws')}/ws/bench`, {
      headers,
      perMessageDeflate: false,
      maxPayload: 0,
    });
    sockets.push(ws);
    ws.on('open', () => ws.send(JSON.stringify({ type: 'subscribe', ...topic })));
    ws.on('error', reject);
    ws.on('message', (data) => {
      const tail = data.subarray(-400).toString('latin1');
      if (tail.includes('"subscribed"')) resolve();
      else if (tail.includes('"error"') && data.length < 1_000) reject(new Error(tail));
      else count(data, tail);
    });
  });
}

/** Counts a frame without parsing the JSON, since a hundred readers share two cores with the server that they measure. */
function count(data, tail) {
  const [, length] =
    lengthPattern.exec(tail) ?? lengthPattern.exec(data.subarray(0, 400).toString('latin1')) ?? [];
  if (length === undefined) return;
  frames += 1;
  bytes += Number(length);
  if (tail.includes('"end":true') && (ends += 1) === sockets.length) process.send({ frames, bytes });
}
