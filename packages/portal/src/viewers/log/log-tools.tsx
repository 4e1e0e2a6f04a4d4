import { ActionIcon, Checkbox, NumberInput, TextInput, Tooltip } from '@mantine/core';
import { type RefObject, useState } from 'react';
import {
  IconArrowBarDown,
  IconArrowBarUp,
  IconArrowDown,
  IconArrowUp,
  IconDownload,
} from '../../ui/icons.ts';
import { words } from '../../words/words.ts';
import type { LogOptions } from './log-options.ts';
import styles from './log-view.module.css';

const MAX_PATTERN_LENGTH = 1000;
const MAX_LINE = 1e12;

interface LogToolsProps {
  options: LogOptions;
  /** What is searched for, as it is typed. */
  wanted: string;
  searchBox: RefObject<HTMLInputElement | null>;
  lineBox: RefObject<HTMLInputElement | null>;
  canSearch: boolean;
  onWanted: (wanted: string) => void;
  onOptions: (changes: Partial<LogOptions>) => void;
  onFind: (isBackwards: boolean) => void;
  onStart: () => void;
  onEnd: () => void;
  onLine: (line: number) => void;
  onDownload: () => void;
  /** Where in the log it is, in words. */
  place: string;
}

/** What can be done with a log, above its lines. */
export function LogTools(props: LogToolsProps) {
  const { options, onOptions } = props;
  const text = words.log;
  return (
    <div className={styles.tools}>
      {props.canSearch && (
        <>
          <TextInput
            ref={props.searchBox}
            className={styles.search}
            aria-label={text.search}
            placeholder={text.search}
            value={props.wanted}
            maxLength={MAX_PATTERN_LENGTH}
            onChange={(event) => props.onWanted(event.currentTarget.value)}
            onKeyDown={(event) => {
              if (event.key === 'Enter') {
                props.onFind(event.shiftKey);
              }
            }}
          />
          <Checkbox
            label={text.regex}
            checked={options.regex}
            onChange={() => onOptions({ regex: !options.regex })}
          />
          <Tool label={text.previous} onClick={() => props.onFind(true)} icon={IconArrowUp} />
          <Tool label={text.next} onClick={() => props.onFind(false)} icon={IconArrowDown} />
        </>
      )}
      <LineBox key={options.line} line={options.line} box={props.lineBox} onLine={props.onLine} />
      <Tool label={text.start} onClick={props.onStart} icon={IconArrowBarUp} />
      <Tool label={text.end} onClick={props.onEnd} icon={IconArrowBarDown} />
      <Checkbox
        label={text.wrap}
        checked={options.wrap}
        onChange={() => onOptions({ wrap: !options.wrap })}
      />
      <Checkbox
        label={text.times}
        checked={options.times}
        onChange={() => onOptions({ times: !options.times })}
      />
      <Tool label={text.download} onClick={props.onDownload} icon={IconDownload} />
      <span className={styles.place}>{props.place}</span>
    </div>
  );
}

interface LineBoxProps {
  line: number | null;
  box: RefObject<HTMLInputElement | null>;
  onLine: (line: number) => void;
}

/** Where somebody types the line to go to. */
function LineBox({ line, box, onLine }: LineBoxProps) {
  const [typed, setTyped] = useState<string | number>(line ?? '');
  const go = () => {
    if (typeof typed === 'number' && typed >= 1) {
      onLine(typed);
    }
  };
  return (
    <NumberInput
      ref={box}
      className={styles.lineBox}
      aria-label={words.log.goToLine}
      placeholder={words.log.line}
      value={typed}
      min={1}
      max={MAX_LINE}
      allowDecimal={false}
      hideControls
      onChange={setTyped}
      onKeyDown={(event) => {
        if (event.key === 'Enter') {
          go();
        }
      }}
    />
  );
}

interface ToolProps {
  label: string;
  icon: typeof IconArrowUp;
  onClick: () => void;
}

function Tool({ label, icon: ToolIcon, onClick }: ToolProps) {
  return (
    <Tooltip label={label}>
      <ActionIcon aria-label={label} onClick={onClick}>
        <ToolIcon size={18} aria-hidden />
      </ActionIcon>
    </Tooltip>
  );
}
