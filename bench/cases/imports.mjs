import { projects } from '../data/seed.mjs';
import { inFlight } from '../support/api.mjs';
import { median, now, percentile } from '../support/figures.mjs';

const tasks = 10_000;
const createdAlone = 500;
const rounds = 3;

/** A file of tasks with what tasks have: a text, labels, a comment, steps and a dependency. */
const fileOf = (name) =>
  JSON.stringify({
    format: 'millrace',
    version: 1,
    tasks: Array.from({ length: tasks }, (_, i) => ({
      external_ref: `${name}-${i}`,
      title: `Task ${i} of ${name}`,
      description: `What is to be done about component ${i % 97}, and why it was not done before. `.repeat(4),
      priority: (i % 10) + 1,
      tags: [`component-${i % 50}`, 'imported'],
      comments: [{ body: `A thought about ${i}` }],
      checklist: [{ text: 'Do it' }, { text: 'Look at it', done: i % 2 === 0 }],
      dependencies: i % 5 === 4 ? [`${name}-${i - 1}`] : [],
    })),
  });

/**
 * Measures an import of 10,000 tasks, the same file again, its export, and what somebody else who creates tasks in the same project waits
 * for meanwhile.
 */
export default async function imports(world, report) {
  const url = await world.fresh('imports');
  const server = await world.millrace({ DATABASE_URL: url, RATE_LIMIT_ENABLED: 'false' });
  const api = await server.signIn();
  await api.call('PUT', `/api/projects/${projects.made}`, {
    resource_limits: { max_tasks: 1_000_000, storage_limit: '10GB' },
  });
  const other = await server.signIn();
  const create = async (i) => {
    const begun = now();
    await other.post('/api/tasks', { project_id: projects.made, title: `Beside ${begun} ${i}` });
    return now() - begun;
  };
  const path = `/api/projects/${projects.made}/import`;
  const figures = { made: [], again: [], alone: [], exported: [], beside: [], quiet: [] };
  for (let round = 0; round < rounds; round += 1) {
    const file = fileOf(`round ${round}`);
    for (let i = 0; i < 200; i += 1) figures.quiet.push(await create(i));
    let begun = now();
    await inFlight(createdAlone, 8, create);
    figures.alone.push(createdAlone / seconds(begun));

    begun = now();
    let isOver = false;
    const importing = api.raw(path, file).then((plan) => {
      isOver = true;
      return plan;
    });
    for (let i = 0; !isOver; i += 1) figures.beside.push(await create(i));
    const plan = await importing;
    figures.made.push(tasks / seconds(begun));
    if (plan.create !== tasks) throw new Error(`created ${plan.create} instead of ${tasks}`);

    begun = now();
    const again = await api.raw(path, file);
    figures.again.push(tasks / seconds(begun));
    if (again.skip !== tasks) throw new Error(`skipped ${again.skip} instead of ${tasks}`);
    begun = now();
    const text = await api.text(`/api/projects/${projects.made}/export`);
    figures.exported.push((text.split('\n').length - 10) / seconds(begun));
  }
  const reference = { name: 'created one by one, eight at once', value: median(figures.alone) };
  report.ratio(`an import of ${tasks} tasks`, median(figures.made), 'tasks/s', reference, 2);
  const first = { name: 'the first time', value: median(figures.made) };
  report.ratio('the same file again', median(figures.again), 'tasks/s', first, 1);
  report.note('an export', median(figures.exported), 'tasks/s');
  for (const [which, part] of Object.entries({ p50: 50, p99: 99 }))
    report.note(
      `a task created beside an import, ${which}`,
      percentile(figures.beside, part),
      'ms',
      `${percentile(figures.quiet, part).toFixed(1)} ms without`,
    );
  report.note('the longest wait of one beside an import', Math.max(...figures.beside), 'ms');
  await other.close();
  await api.close();
  await world.stop(server);
}

const seconds = (begun) => (now() - begun) / 1000;
