// A launcher started with `--import` of this file starts its commands with execa instead of Node's spawn.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { execa } from 'execa';

const { spawn } = childProcess;
/** With these options execa buffers no output, kills no command at the exit of this process, and does not reject on a failure. */
const options = { extendEnv: false, cleanup: false, buffer: false, reject: false };
let isWithinExeca = false;

childProcess.spawn = (file, args, given) => {
  if (isWithinExeca) return spawn(file, args, given);
  isWithinExeca = true;
  try {
    return execa(file, args, { ...given, ...options });
  } finally {
    isWithinExeca = false;
  }
};
syncBuiltinESMExports();
