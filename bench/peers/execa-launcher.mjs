// Makes a launcher that is started with `--import` of this file start its commands by execa, and changes nothing else of it.
import childProcess from 'node:child_process';
import { syncBuiltinESMExports } from 'node:module';
import { execa } from 'execa';

const { spawn } = childProcess;
/** Nothing is kept of the output, nothing is ended with this process by execa, a failure is a result. */
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
