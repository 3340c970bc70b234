/** Program: `tsx test/hostile/attacker.ts <attack> <seconds> <target as JSON>`. Attacks from a process of its own. */
import { setPriority } from 'node:os';
import { ATTACKS, type Target } from './attacks.ts';

const [name = '', seconds = '', target = ''] = process.argv.slice(2);
// A stranger has a machine of its own; this one shares two cores with what it attacks.
setPriority(10);
const signal = AbortSignal.timeout(Number(seconds) * 1000);
process.stdout.write('began\n');
await ATTACKS[name]?.attack(JSON.parse(target) as Target, signal);
process.exit(0);
