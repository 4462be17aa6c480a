/** The variables of a service: env files, then `environment`. Pure but for reading the files. */
import { ConfigurationError } from '../../runner/configuration-error.ts';
import { isObject, type JsonValue } from '../json.ts';
import { EnvFileError, parseEnvFile } from './env-file.ts';
import { InterpolationError, type Lookup } from './interpolate.ts';
import { toPairs } from './merge.ts';
import { pathIn } from './paths.ts';
import type { ComposeFiles } from './project.ts';
import type { ServiceReader } from './service-reader.ts';

/** In order: those of the files first. A variable without a value is taken from `lookup`, or is not there. */
export async function environmentOf(
  reader: ServiceReader,
  folder: string,
  lookup: Lookup,
  files: ComposeFiles,
): Promise<ReadonlyMap<string, string>> {
  const variables = new Map<string, string | undefined>();
  for (const [index, entry] of [reader.get('env_file') ?? []].flat().entries()) {
    const long = isObject(entry) ? entry : { path: entry };
    const path = pathIn(folder, String(long['path']));
    let text: string;
    try {
      text = await files.readFile(path);
    } catch (error) {
      if (!(error instanceof ConfigurationError)) throw error;
      if (long['required'] === false) continue;
      reader.refuse('env_file', `${path} cannot be read: put it there, or say required: false`, index);
      continue;
    }
    try {
      const format = long['format'] === 'raw' ? 'raw' : 'compose';
      for (const [name, value] of parseEnvFile(text, lookup, format))
        variables.set(name, value ?? lookup(name));
    } catch (error) {
      if (!(error instanceof EnvFileError || error instanceof InterpolationError)) throw error;
      const line = error instanceof EnvFileError ? `:${error.line}` : '';
      reader.refuse('env_file', `${path}${line}: ${error.message}`, index);
    }
  }
  for (const [name, value] of Object.entries(toPairs(reader.get('environment') ?? {}, reader))) {
    variables.delete(name);
    variables.set(name, value === null ? lookup(name) : textOf(value));
  }
  return new Map([...variables].filter((pair): pair is [string, string] => pair[1] !== undefined));
}

function textOf(value: JsonValue): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
