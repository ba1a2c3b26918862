import { searchPath } from './search-path.js';

/** The variables that commands inherit from the server, besides those of proxies. All others might contain secrets. */
const inherited = ['LANG', 'LC_ALL', 'LC_CTYPE', 'TZ'];
/** The variables for proxies, passed in both cases: curl reads `http_proxy` in lower case only, most other programs know both. */
const proxies = ['http_proxy', 'https_proxy', 'no_proxy', 'all_proxy'];
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Returns the complete environment of a command.
 * @param user the name of the command's user, and whether it differs from the user of this process
 * @param workspace the workspace, which is the value of HOME
 * @param requested secrets of the project and variables of the task or the request, which override all others
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

/** Returns the PATH of commands. It is computed once, since folders rarely change while the server runs. */
function pathFor(isOther: boolean): string {
  let path = paths.get(isOther);
  if (path === undefined) {
    const { PATH = defaultPath, npm_lifecycle_event: script } = process.env;
    path = searchPath(PATH, isOther, script !== undefined) || defaultPath;
    paths.set(isOther, path);
  }
  return path;
}
