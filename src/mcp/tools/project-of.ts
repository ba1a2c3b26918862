import { ApiFault, type ApiCalls, type Data } from '../api-calls.js';

/**
 * Returns the project that a tool is about: the named one, or the only one that the caller sees.
 * @throws ApiFault when none is named and there are several
 */
export async function projectOf(api: ApiCalls, named: string | undefined): Promise<string> {
  if (named !== undefined) return named;
  const { items }: Data = await api.get('/api/projects', { page_size: 10 });
  if (items.length === 1) return items[0].id;
  throw new ApiFault(422, 'VALIDATION_REQUIRED_FIELD', 'Send a project', {
    field: 'project',
    projects: items.map(({ key }: Data) => key),
  });
}
