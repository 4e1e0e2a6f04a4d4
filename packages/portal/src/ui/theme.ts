import {
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  type VariantColorsResolver,
} from '@mantine/core';

/** Names of tokens that components may be coloured by: `color="failure"`. */
const COLOURS = ['accent', 'success', 'failure', 'warning'] as const;

/** Shades are not used here: a colour is a token, the same in all of them. */
const tokenTuple = (name: string) =>
  Array.from({ length: 10 }, () => `var(--${name})`) as unknown as MantineColorsTuple;

/** Colours of a component by its variant, from tokens of `tokens.css` alone. */
const variantColorResolver: VariantColorsResolver = ({ color, variant }) => {
  const name = COLOURS.find((each) => each === color) ?? 'accent';
  const own = `var(--${name})`;
  const ground = `var(--ground-${name})`;
  switch (variant) {
    case 'filled':
      return {
        background: own,
        hover: `var(--${name}-strong)`,
        color: 'var(--on-accent)',
        border: '1px solid transparent',
      };
    case 'light':
      return { background: ground, hover: ground, color: own, border: '1px solid transparent' };
    case 'subtle':
    case 'transparent':
      return {
        background: 'transparent',
        hover: 'var(--sunken)',
        color: color === 'gray' ? 'var(--muted)' : own,
        border: '1px solid transparent',
      };
    case 'outline':
      return { background: 'transparent', hover: 'var(--raised)', color: own, border: `1px solid ${own}` };
    default:
      return {
        background: 'var(--page)',
        hover: 'var(--raised)',
        color: 'var(--text)',
        border: '1px solid var(--edge)',
      };
  }
};

export const theme = createTheme({
  primaryColor: 'accent',
  primaryShade: 6,
  colors: {
    ...Object.fromEntries(COLOURS.map((name) => [name, tokenTuple(name)])),
    gray: [
      '#f7f8f9',
      '#eef0f2',
      '#e3e6e9',
      '#d5d9de',
      '#858d98',
      '#858d98',
      '#56606c',
      '#3d4650',
      '#2a313a',
      '#1a1f26',
    ],
    dark: [
      '#e8ebef',
      '#c4ccd4',
      '#a3adb8',
      '#737d89',
      '#737d89',
      '#262b31',
      '#1c2025',
      '#14171b',
      '#0f1215',
      '#0a0c0e',
    ],
  },
  variantColorResolver,
  defaultRadius: 4,
  cursorType: 'pointer',
  respectReducedMotion: true,
  fontFamily: 'system-ui, sans-serif',
  fontFamilyMonospace: 'var(--mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '14px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '16px', sm: '20px', md: '22px', lg: '24px', xl: '28px' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  components: {
    Button: { defaultProps: { size: 'sm', variant: 'default' }, styles: { label: { fontWeight: 600 } } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray', size: 32 } },
    Tooltip: { defaultProps: { openDelay: 300, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, radius: 4 } },
    TextInput: { defaultProps: { size: 'sm' } },
  },
});

/** What Mantine would take from its own palette. */
const ours = {
  '--mantine-color-body': 'var(--page)',
  '--mantine-color-text': 'var(--text)',
  '--mantine-color-bright': 'var(--text)',
  '--mantine-color-dimmed': 'var(--muted)',
  '--mantine-color-placeholder': 'var(--muted)',
  '--mantine-color-anchor': 'var(--accent)',
  '--mantine-color-error': 'var(--failure)',
  '--mantine-color-success': 'var(--success)',
  '--mantine-color-default': 'var(--page)',
  '--mantine-color-default-hover': 'var(--raised)',
  '--mantine-color-default-color': 'var(--text)',
  '--mantine-color-default-border': 'var(--edge)',
  '--mantine-color-disabled': 'var(--sunken)',
  '--mantine-color-disabled-color': 'var(--muted)',
  '--mantine-color-disabled-border': 'var(--divider)',
  '--mantine-primary-color-contrast': 'var(--on-accent)',
  ...Object.fromEntries(
    COLOURS.flatMap((name) => [
      [`--mantine-color-${name}-filled`, `var(--${name})`],
      [`--mantine-color-${name}-filled-hover`, `var(--${name}-strong)`],
      [`--mantine-color-${name}-text`, `var(--${name})`],
      [`--mantine-color-${name}-outline`, `var(--${name})`],
      [`--mantine-color-${name}-light`, `var(--ground-${name})`],
      [`--mantine-color-${name}-light-hover`, `var(--ground-${name})`],
      [`--mantine-color-${name}-light-color`, `var(--${name})`],
    ]),
  ),
};

export const cssVariablesResolver: CSSVariablesResolver = () => ({ variables: {}, light: ours, dark: ours });
