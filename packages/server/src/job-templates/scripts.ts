import type { ParsedJobDefinition, ParsedTemplateField } from '@quarry/contract';

/** What each tile executes, as one could type it: the values of the form that its commands have, and its commands. */
export function scriptsOf(definition: ParsedJobDefinition, fields: readonly ParsedTemplateField[]): string[] {
  const variables = new Map(
    definition.jobvariables.map(({ name, valueGeneratorSettings }) => [name, valueGeneratorSettings.values]),
  );
  return definition.jobanalyses.map((tile) => {
    const exports = fields.flatMap(({ name, target }) => {
      const [value] = [tile.envVars[name] ?? variables.get(name)].flat();
      const isKnown = target === null && (typeof value === 'string' || typeof value === 'number');
      return isKnown ? [`export ${name}=${quoted(String(value))}`] : [];
    });
    const commands = [tile.preProcessScriptCommand, tile.command, tile.postProcessScriptCommand];
    return [...exports, ...commands.filter((command) => command !== '')].join('\n');
  });
}

/** As one word of a shell, whatever it holds. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
