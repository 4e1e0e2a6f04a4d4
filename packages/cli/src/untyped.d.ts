declare module '@michaelhomer/jqjs' {
  const jq: {
    /** Throws what is wrong with the program: a text, or an error. */
    compile(program: string): (input: unknown) => Iterable<unknown>;
  };
  export default jq;
}
