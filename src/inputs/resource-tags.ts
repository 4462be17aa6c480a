/** Tags for AWS resources, as they are typed: KEY=value, one a line. */
import { type Field, keyValues } from './field.ts';

/** AWS allows 50 tags; some are for the definition's own and for those of the kit. */
const most = 30;
/** Letters, digits, spaces and some signs, as AWS has it for all services. */
const text = (longest: number): RegExp => new RegExp(`^[\\p{L}\\p{N} +\\-=._:/@]{0,${longest}}$`, 'u');
const reserved = /^(aws:|ips-deploy:)/i;

/** Keys of the kit are refused: it writes them itself, and reads them as facts. */
export function resourceTags(): Field<ReadonlyMap<string, string>> {
  const pairs = keyValues();
  const allowed = `KEY=value, one a line, at most ${most}, of letters, digits, spaces and + - = . _ : / @; keys up to 128 characters, not with aws: or ips-deploy: in front; values up to 256`;
  return {
    allowed,
    parse: (given) => {
      const parsed = pairs.parse(given);
      if (!parsed.ok) return parsed;
      const wrong = [...parsed.value].find(
        ([key, value]) => !text(128).test(key) || !text(256).test(value) || reserved.test(key),
      );
      if (wrong !== undefined) return { ok: false, allowed: `${allowed}; ${wrong[0].slice(0, 140)} is not` };
      return parsed.value.size > most ? { ok: false, allowed } : parsed;
    },
  };
}
