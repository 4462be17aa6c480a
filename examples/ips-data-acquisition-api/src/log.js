/** JSON lines to standard output, as CloudWatch Logs Insights reads them. Values of secrets never pass. */
export function createLog(version, secrets, write = (text) => process.stdout.write(text)) {
  return (level, message, fields = {}) => {
    let line = JSON.stringify({ time: new Date().toISOString(), level, version, message, ...fields });
    for (const secret of secrets) line = line.replaceAll(JSON.stringify(secret).slice(1, -1), '***');
    write(`${line}\n`);
  };
}
