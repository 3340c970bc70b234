/**
 * Compares every package of package-lock.json with the advisories that the registry knows: `npm run check:advisories`.
 * Exit code 1 names each advisory for a package that an installation gets; those for tools of this repository alone are
 * listed. Not every registry answers the question: where it does not, a banner says that nothing was checked, with exit code 0.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** Of `npm audit --json`; without `vulnerabilities` when it failed. */
interface Report {
  readonly vulnerabilities?: Readonly<Record<string, Vulnerable>>;
  readonly message?: string;
}

/** A package with an advisory, as `npm audit --json` of npm 7 and later reports it. */
interface Vulnerable {
  readonly name: string;
  /** Advisories, and the names of packages through which this one is affected. */
  readonly via: readonly (string | Advisory)[];
  /** Its places in package-lock.json. */
  readonly nodes: readonly string[];
}

interface Advisory {
  readonly title: string;
  readonly url: string;
  readonly severity: string;
  readonly range: string;
}

interface LockFile {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

// A shell, because npm is a batch file on Windows.
const audit = spawnSync('npm', ['audit', '--json'], {
  shell: process.platform === 'win32',
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
const report = readReport(audit.stdout);
const { packages } = JSON.parse(readFileSync('package-lock.json', 'utf8')) as LockFile;

if (report.vulnerabilities === undefined) {
  const line = '='.repeat(80);
  process.stdout.write(
    `${line}\nNOT CHECKED: no package was compared with known advisories, because the registry does not answer.\n  ${report.message ?? 'npm audit gave no report'}\n` +
      `  Run \`npm audit\` where it does: npm's public registry does.\n${line}\n`,
  );
} else {
  const found = Object.values(report.vulnerabilities).flatMap(({ name, via, nodes }) =>
    via.flatMap((advisory) => (typeof advisory === 'string' ? [] : [{ ...advisory, name, forTools: areTools(nodes) }])),
  );
  for (const { name, range, severity, title, url, forTools } of found) {
    process.stdout.write(`${severity}: ${name} ${range}: ${title} ${url}${forTools ? ' (tools alone)' : ''}\n`);
  }
  const serious = found.filter(({ forTools }) => !forTools).length;
  const count = Object.keys(packages).length - 1;
  process.stdout.write(
    `${count} packages, ${serious} advisories for an installation, ${found.length - serious} for tools alone\n`,
  );
  if (serious > 0) process.exitCode = 1;
}

function readReport(json: string): Report {
  try {
    return JSON.parse(json) as Report;
  } catch {
    return {};
  }
}

/** Whether all these places are of packages that no installation gets. */
function areTools(nodes: readonly string[]): boolean {
  return nodes.every((node) => packages[node]?.dev === true);
}
