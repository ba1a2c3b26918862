// Prints the output of an execution as it arrives, from its first byte, and ends with its exit code.
//   TOKEN=… node examples/watch-output.mjs EXECUTION_ID [http://localhost:8000]
import { WebSocket } from 'ws';

const [execution, base = 'http://localhost:8000'] = process.argv.slice(2);
const socket = new WebSocket(`${base.replace(/^http/, 'ws')}/ws/watch-output`);
const send = (message) => socket.send(JSON.stringify(message));

socket.on('open', () => send({ type: 'authenticate', token: process.env.TOKEN }));
socket.on('message', (text) => {
  const { type, data } = JSON.parse(text);
  if (type === 'authenticated')
    send({ type: 'subscribe', channel: 'command_output', command_id: execution, from_offset: 0 });
  if (type === 'error') {
    console.error(`${data.code}: ${data.message}`);
    process.exit(1);
  }
  if (type !== 'command_output') return;
  if (data.end) {
    console.error(`[${data.total} bytes, exit code ${data.exit_code}]`);
    process.exit(data.exit_code ?? 1);
  }
  process[data.stream].write(Buffer.from(data.content, data.encoding ?? 'utf8'));
});
socket.on('error', (error) => {
  console.error(error.message);
  process.exit(1);
});
