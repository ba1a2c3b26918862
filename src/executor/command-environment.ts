import { searchPath } from './search-path.js';

/** What commands inherit from the server's environment; nothing else, so that no secret can slip through. */
const inherited = ['LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'];
/** curl takes `http_proxy` in lower case only; most others know both. */
const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The complete environment of a command.
 * @param user its name, and whether it is another than ours
 * @param workspace is its home
 * @param requested variables of the task or the request, which come last
 */
export function commandEnvironment(
  user: { name: string; isOther: boolean },
  workspace: string,
  requested: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = { PATH: pathFor(user.isOther), LANG: 'C.UTF-8' };
  for (const name of [...inherited, ...proxies, ...proxies.map((proxy) => proxy.toUpperCase())]) {
    const value = process.env[name];
    if (value !== undefined && value !== '') environment[name] = value;
  }
  return {
    ...environment,
    HOME: workspace,
    USER: user.name,
    LOGNAME: user.name,
    SHELL: '/bin/sh',
    PWD: workspace,
    ...requested,
  };
}

const paths = new Map<boolean, string>();

/** Looked up once: folders that come and go while the server runs are no reason to ask for them at every run. */
function pathFor(isOther: boolean): string {
  let path = paths.get(isOther);
  if (path === undefined) {
    const { PATH = defaultPath, npm_lifecycle_event: script } = process.env;
    path = searchPath(PATH, isOther, script !== undefined) || defaultPath;
    paths.set(isOther, path);
  }
  return path;
}
