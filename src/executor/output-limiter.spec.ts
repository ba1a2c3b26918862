import { expect, test } from 'vitest';
import { outputLimit, OutputLimiter, type Chunk } from './output-limiter.js';

/** What passes a limiter, with markers in brackets, and how often it asked to stop. */
function through(limit: ConstructorParameters<typeof OutputLimiter>[0], pieces: (string | Partial<Chunk>)[]) {
  const passed: Chunk[] = [];
  let stops = 0;
  const limiter = new OutputLimiter(
    limit,
    (chunk) => passed.push(chunk),
    () => (stops += 1),
  );
  for (const piece of pieces) {
    const content = typeof piece === 'string' ? { content: Buffer.from(piece) } : piece;
    limiter.add({ stream: 'stdout', text: true, time: 1, content: Buffer.alloc(0), ...content });
  }
  const live = passed.length;
  limiter.end();
  const shown = (chunks: Chunk[]) =>
    chunks
      .map(({ marker, content }) =>
        marker ? `<${/\d+\w* |\d+\w*:/.exec(content.toString())?.[0].trim()}>` : content.toString(),
      )
      .join('');
  return {
    live: shown(passed.slice(0, live)),
    atEnd: shown(passed.slice(live)),
    omitted: limiter.omitted,
    stops,
    passed,
  };
}

test('output within the limit passes immediately and unchanged', () => {
  for (const whenExceeded of ['truncate', 'stop', 'head_and_tail'] as const) {
    const { live, atEnd, omitted, stops } = through({ maxBytes: 1024, whenExceeded }, [
      'a'.repeat(500),
      'b'.repeat(524),
    ]);
    expect(live + atEnd).toBe('a'.repeat(500) + 'b'.repeat(524));
    expect([omitted, stops]).toEqual([0, 0]);
  }
});

test('truncate keeps the beginning, reports the cut immediately, and counts the omitted bytes at the end', () => {
  const result = through({ maxBytes: 1024, whenExceeded: 'truncate' }, [
    'a'.repeat(1000),
    'b'.repeat(1000),
    'c'.repeat(10),
  ]);
  expect(result).toMatchObject({
    live: `${'a'.repeat(1000)}${'b'.repeat(24)}<1KB:>`,
    atEnd: '<986>',
    omitted: 986,
    stops: 0,
  });
});

test('no character is split at the limit', () => {
  for (let maxBytes = 1024; maxBytes < 1028; maxBytes += 1) {
    const { live, omitted } = through({ maxBytes, whenExceeded: 'truncate' }, ['€'.repeat(500)]);
    const kept = Math.floor(maxBytes / 3);
    expect([live, omitted]).toEqual([`${'€'.repeat(kept)}<1KB:>`, 1500 - 3 * kept]);
  }
});

test('stop keeps the beginning and requests the stop once', () => {
  const result = through({ maxBytes: 1024, whenExceeded: 'stop' }, ['a'.repeat(1025), 'b', 'c']);
  expect(result).toMatchObject({ live: `${'a'.repeat(1024)}<1KB:>`, atEnd: '<3>', omitted: 3, stops: 1 });
});

test('head_and_tail keeps the beginning and the end, and splits no character', () => {
  const lines = Array.from({ length: 1000 }, (_, index) => `line ${index} äöü€😀\n`);
  const whole = lines.join('');
  const result = through({ maxBytes: 2048, whenExceeded: 'head_and_tail' }, lines);
  const head = result.live.replace('<2KB:>', '');
  const tail = result.atEnd.replace(`<${result.omitted}>`, '');
  expect(result.live).toContain('<2KB:>');
  expect(whole.startsWith(head)).toBe(true);
  expect(whole.endsWith(tail)).toBe(true);
  expect(Buffer.byteLength(head)).toBeGreaterThan(1024 - 4);
  expect(Buffer.byteLength(tail)).toBeGreaterThan(1024 - 4);
  expect(Buffer.byteLength(head + tail) + result.omitted).toBe(Buffer.byteLength(whole));
  expect(Buffer.byteLength(head + tail)).toBeLessThanOrEqual(2048);
});

test('the kept tail preserves the order of the streams and bytes that are not UTF-8', () => {
  const { passed } = through({ maxBytes: 1024, whenExceeded: 'head_and_tail' }, [
    'x'.repeat(2000),
    { content: Buffer.from('one '), stream: 'stderr' },
    { content: Buffer.from('two '), stream: 'stderr' },
    { content: Buffer.from([255, 254]), text: false },
    'three',
  ]);
  expect(
    passed.slice(-3).map(({ stream, text, content }) => [stream, text, content.toString('latin1')]),
  ).toEqual([
    ['stderr', true, 'one two '],
    ['stdout', false, '\xff\xfe'],
    ['stdout', true, 'three'],
  ]);
});

test('a tail of single bytes from alternating streams takes bounded memory', () => {
  const bytes = Array.from({ length: 50_000 }, (_, index) => ({
    content: Buffer.from('x'),
    stream: index % 2 === 0 ? ('stdout' as const) : ('stderr' as const),
  }));
  const { passed, omitted } = through({ maxBytes: 200_000, whenExceeded: 'head_and_tail' }, [
    'y'.repeat(150_000),
    ...bytes,
  ]);
  expect(passed.length).toBeLessThan(4200);
  expect(
    passed.filter(({ marker }) => !marker).reduce((sum, { content }) => sum + content.length, omitted),
  ).toBe(200_000);
});

test('the limit of a run cannot exceed that of the server', () => {
  expect(outputLimit({}, 5000)).toEqual({ maxBytes: 5000, whenExceeded: 'truncate' });
  expect(outputLimit({ output_size: '1GB', output_policy: 'stop' }, 5000)).toEqual({
    maxBytes: 5000,
    whenExceeded: 'stop',
  });
  expect(outputLimit({ output_size: '2KB' }, 5000).maxBytes).toBe(2048);
});
