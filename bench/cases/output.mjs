import { join } from 'node:path';
import { WebSocket } from 'ws';
import { median, now, percentile } from '../support/figures.mjs';
import { root } from '../support/millrace.mjs';
import { startWebsocketd } from '../support/peers.mjs';
import { Socket } from '../support/socket.mjs';

const lines = 1_000_000;
const rounds = 3;
/** The rate of websocketd in an earlier measurement, in MB/s; Node alone read 403 MB/s from the pipe. */
const recordedRate = 18.8;
const bulk = `yes ${'x'.repeat(99)} | head -n ${lines}`;
const slow = `${process.execPath} ${join(root, 'bench/peers/slow-producer.mjs')}`;

/** Streams 1,000,000 lines of 100 bytes to one client and stores them; also measures the delay of single lines. */
export default async function output(world, report) {
  const { websocketd } = world.peers;
  const peer = websocketd ? await startWebsocketd(world, '/bin/sh', '-c', bulk) : undefined;
  // isolated commands cannot read the folder of the producer
  const server = await world.millrace({
    DATABASE_URL: await world.fresh('output'),
    EXECUTOR_ISOLATION: 'none',
  });
  const api = await server.signIn();
  await stream(api, bulk);
  const [ours, theirs] = [[], []];
  for (let round = 0; round < rounds; round += 1) {
    const { bytes, seconds } = await stream(api, bulk);
    if (bytes !== lines * 100) throw new Error(`${bytes} bytes came of ${lines * 100}`);
    ours.push(bytes / 1e6 / seconds);
    if (peer) theirs.push(await peerRate(peer.port));
  }
  const other = peer
    ? { name: 'websocketd, a message a line', value: median(theirs) }
    : { name: 'websocketd, recorded earlier', value: recordedRate };
  report.ratio('output to one client, stored as well', median(ours), 'MB/s', other, 4);
  report.note('the same in lines', median(ours) * 10_000, 'lines/s');

  const late = [];
  await stream(api, slow, (text) => {
    const at = now();
    for (const line of text.split('\n')) if (line !== '') late.push(at - Number(line.split(' ')[0]));
  });
  report.most('slow producer: written to received, p50', percentile(late, 50), 'ms', 1.5);
  report.most('slow producer: written to received, p99', percentile(late, 99), 'ms', 5);
}

/** Runs a command and receives its output over a socket. */
async function stream(api, command, onText = () => undefined) {
  const socket = await Socket.open(api.url, api.token);
  const begun = performance.now();
  let bytes = 0;
  let next = 0;
  const { command_id } = await api.post('/api/commands/execute', { command });
  const end = socket.next(({ type, data }) => type === 'command_output' && data.end === true);
  socket.onMessage = ({ type, data }) => {
    if (type !== 'command_output' || data.end) return;
    if (data.offset !== next) throw new Error(`a gap at ${next}`);
    next = data.offset + data.length;
    bytes += data.length;
    onText(data.content);
  };
  await socket.subscribe({ channel: 'command_output', command_id });
  await end;
  socket.close();
  return { bytes, seconds: (performance.now() - begun) / 1000 };
}

function peerRate(port) {
  return new Promise((resolve, reject) => {
    const begun = performance.now();
    let bytes = 0;
    const ws = new WebSocket(`ws://127.0.0.1:${port}/`, { perMessageDeflate: false });
    ws.on('message', (data) => (bytes += data.length + 1));
    ws.on('error', reject);
    ws.on('close', () => resolve(bytes / 1e6 / ((performance.now() - begun) / 1000)));
  });
}
