import { expect, test } from 'vitest';
import { fits, labelSet, labelsOfWorker, workerLabelsSchema } from './worker-labels.js';

test('labels of the settings are separated by commas, trimmed and in lower case', () => {
  expect(workerLabelsSchema.parse(' GPU, linux ,,zone:eu/1 ')).toEqual(['gpu', 'linux', 'zone:eu/1']);
  expect(workerLabelsSchema.parse(undefined)).toEqual([]);
});

test.each(['a b', '-gpu', 'x'.repeat(101), 'host:me', 'ARCH:x64', 'gpu;rm', Array(51).fill('a').join(',')])(
  'the labels %s are refused',
  (text) => {
    expect(workerLabelsSchema.safeParse(text).success).toBe(false);
  },
);

test('a worker has its own labels and those of its host, each once and in order', () => {
  const labels = labelsOfWorker(['z', 'gpu', 'gpu'], 'Build-7.Example.com');
  expect(labels).toEqual(labels.toSorted());
  expect(labels).toEqual(
    labelSet(['gpu', 'z', 'host:build-7.example.com', `os:${process.platform}`, `arch:${process.arch}`]),
  );
  expect(labelsOfWorker([], 'no name!').filter((label) => label.startsWith('host:'))).toEqual([]);
});

test('a run fits where all of its labels are', () => {
  const labels = new Set(['gpu', 'os:linux']);
  expect([[], ['gpu'], ['gpu', 'os:linux'], ['gpu', 'big']].map((runsOn) => fits(labels, runsOn))).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
