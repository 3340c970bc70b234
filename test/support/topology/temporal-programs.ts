import type { ComposeModel } from '../../deploy/compose-model.ts';
import { buildGoProgram } from '../go-program.ts';

/** Temporal's server and its schema tool, in the version of the Compose file's image. */
export interface TemporalPrograms {
  readonly version: string;
  readonly temporalServer: string;
  readonly temporalSqlTool: string;
}

/**
 * Takes both from the user's cache folder, or builds them with Go from Temporal's published module.
 *
 * @param onBuild told what is built, before it is
 * @throws GoMissingError where they are not in the cache and there is no Go
 */
export async function temporalPrograms(
  model: ComposeModel,
  onBuild: (what: string) => void,
): Promise<TemporalPrograms> {
  const version = model.services['temporal']?.image.split(':')[1] ?? '';
  const build = (name: string): Promise<string> =>
    buildGoProgram(
      { name, key: `temporal-server-${version}`, package: `go.temporal.io/server/cmd/${name}@v${version}` },
      () => onBuild(`building Temporal's ${name} ${version} with Go, about 1–2 minutes, once`),
    );
  return { version, temporalServer: await build('server'), temporalSqlTool: await build('tools/sql') };
}
