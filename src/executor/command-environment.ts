/** What commands inherit from the server's environment; nothing else, so that no secret can slip through. */
const inherited = ['PATH', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
const defaultPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * The complete environment of a command.
 * @param name of its user
 * @param workspace is its home
 * @param requested variables of the task or the request, which come last
 */
export function commandEnvironment(
  name: string,
  workspace: string,
  requested: Record<string, string>,
): Record<string, string> {
  const environment: Record<string, string> = { PATH: defaultPath, LANG: 'C.UTF-8' };
  for (const name of inherited) {
    const value = process.env[name];
    if (value !== undefined && value !== '') environment[name] = value;
  }
  return {
    ...environment,
    HOME: workspace,
    USER: name,
    LOGNAME: name,
    SHELL: '/bin/sh',
    PWD: workspace,
    ...requested,
  };
}
