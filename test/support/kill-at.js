/**
 * To be loaded before a program: ends it as kill -9 does, just before the n-th time (KILL_AT) that it is to give a
 * file another name or to remove one, counted from the first partial file that gets its name. Writes what it would
 * have done to KILLED_BEFORE.
 */
import { writeFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

let steps = 0;
for (const name of ['rename', 'rm']) {
  const step = promises[name];
  promises[name] = (...args) => {
    if (steps > 0 || (name === 'rename' && args[0].endsWith('.partial'))) steps++;
    if (steps === Number(process.env.KILL_AT)) {
      writeFileSync(process.env.KILLED_BEFORE, `${name} ${args[0]}`);
      process.kill(process.pid, 'SIGKILL');
    }
    return step(...args);
  };
}
syncBuiltinESMExports();
