/** What is wrong with files, and why their columns are read as they are: a name and a sentence for every code. */
export const faultsEn = {
  'imports.fault.timestamp-missing': 'No time',
  'imports.detail.timestamp-missing': 'The row does not say when it was measured.',
  'imports.fault.timestamp-malformed': 'Not a time in this format',
  'imports.detail.timestamp-malformed': 'The time is not in the chosen format.',
  'imports.detail.timestamp-malformed.of': 'The time is not in the format {format}.',
  'imports.fault.timestamp-too-precise': 'Time too precise',
  'imports.detail.timestamp-too-precise': 'A time has at most nine digits after the second.',
  'imports.fault.timestamp-out-of-range': 'Time out of range',
  'imports.detail.timestamp-out-of-range': 'Times must be from 1970 to the end of 9999.',
  'imports.fault.timestamp-in-future': 'Time in the future',
  'imports.detail.timestamp-in-future':
    'The time is more than ten minutes in the future. Check the date and the time zone.',
  'imports.fault.timestamp-leap-second': 'Leap second',
  'imports.detail.timestamp-leap-second':
    'Leap seconds are not supported: seconds run from 0 to 59.',
  'imports.fault.timestamp-not-a-date': 'Not a valid date',
  'imports.detail.timestamp-not-a-date': 'This date or time of day does not exist.',
  'imports.fault.timestamp-offset-invalid': 'Impossible offset from UTC',
  'imports.detail.timestamp-offset-invalid':
    'An offset from UTC must be between -12:00 and +14:00.',
  'imports.fault.timestamp-offset-missing': 'No time zone',
  'imports.detail.timestamp-offset-missing':
    'The time has no time zone. Choose the time zone of the whole file.',
  'imports.fault.timestamp-ambiguous': 'Hour that occurs twice',
  'imports.detail.timestamp-ambiguous':
    'Clocks showed this time twice. Choose which of the two is meant.',
  'imports.detail.timestamp-ambiguous.of':
    'Clocks in {zone} showed this time twice. Choose which of the two is meant.',
  'imports.fault.timestamp-nonexistent': 'Hour that clocks skipped',
  'imports.detail.timestamp-nonexistent': 'Clocks skipped this time. Check the time zone.',
  'imports.detail.timestamp-nonexistent.of':
    'Clocks in {zone} skipped this time. Check the time zone.',
  'imports.fault.timestamp-format-unsaid': 'Time format not chosen',
  'imports.detail.timestamp-format-unsaid': 'Choose how the times are written.',
  'imports.detail.timestamp-format-unsaid.of':
    'The times can be read as {formats}. Choose the right one.',
  'imports.fault.reading-too-old': 'Too old',
  'imports.detail.reading-too-old': 'Readings this old are no longer kept.',
  'imports.fault.equipment-id-missing': 'No equipment',
  'imports.detail.equipment-id-missing': 'The row names no equipment.',
  'imports.fault.equipment-id-invalid': 'Not a valid equipment name',
  'imports.detail.equipment-id-invalid':
    'A name has 1 to 128 letters, digits or . _ : - and begins with a letter or a digit.',
  'imports.fault.equipment-id-reserved': 'Reserved name',
  'imports.detail.equipment-id-reserved':
    'The service itself uses this word, so it cannot be a name of equipment.',
  'imports.fault.equipment-forbidden': 'Equipment not allowed',
  'imports.detail.equipment-forbidden': 'You may not write readings of this equipment.',
  'imports.detail.equipment-forbidden.of': 'You may not write readings of {equipmentId}.',
  'imports.fault.value-not-a-number': 'Not a number',
  'imports.detail.value-not-a-number':
    'A value must be a number without text, spaces or thousands separators.',
  'imports.fault.value-out-of-range': 'Number too large or too small',
  'imports.detail.value-out-of-range': 'A value must be 0 or between 1e-100 and 1e100.',
  'imports.fault.metric-name-invalid': 'Not a valid metric name',
  'imports.detail.metric-name-invalid':
    'A name has 1 to 64 letters, digits or _ . - and begins with a letter.',
  'imports.fault.too-many-metric-names': 'Too many metrics',
  'imports.detail.too-many-metric-names':
    'The equipment already has 1,024 metrics, and it cannot have more.',
  'imports.fault.reading-not-storable': 'Cannot be stored',
  'imports.detail.reading-not-storable': 'The database cannot hold this row.',
  'imports.fault.field-count': 'Too many or too few cells',
  'imports.detail.field-count': 'The row and the header line have different numbers of cells.',
  'imports.detail.field-count.of':
    'The row has {fields} cells, but the header line has {expected}.',
  'imports.fault.column-unnamed': 'Cell without a name',
  'imports.detail.column-unnamed':
    'A cell is in a column without a name. Leave the column out, or check whether a cell contains a delimiter.',
  'imports.detail.column-unnamed.of':
    'A cell is in column {place}, which has no name. Leave the column out, or check whether a cell contains a delimiter.',
  'imports.fault.too-many-made-names': 'Too many names',
  'imports.detail.too-many-made-names':
    'More than 1,024 metric names, or 16 KiB of them, would have to be changed. Use only letters, digits and _ . - in metric names.',
  'imports.fault.metric-name-taken': 'Name taken',
  'imports.detail.metric-name-taken':
    'Another metric of the file would be stored under the same name. Rename one of the two.',
  'imports.fault.units-row': 'Units',
  'imports.detail.units-row':
    'The line describes the columns, for example their units. It is not a reading.',
  'imports.fault.comment': 'Comment',
  'imports.detail.comment': 'The line is a comment, not a row.',
  'imports.fault.header-repeated': 'Header line repeated',
  'imports.detail.header-repeated': 'This line repeats the header line.',
  'imports.fault.header-changed': 'Other columns from here on',
  'imports.detail.header-changed':
    'From here on, the columns have other names. Import this part as a separate file.',
  'imports.fault.unclosed-quote': 'Quote not closed',
  'imports.detail.unclosed-quote': 'A cell begins with a quote that is never closed.',
  'imports.fault.quote-malformed': 'Broken quotes',
  'imports.detail.quote-malformed':
    'After a closing quote, there can only be a delimiter or the end of the line.',
  'imports.fault.embedded-newline': 'Cell with a line break',
  'imports.detail.embedded-newline': 'A cell continues on the next line.',
  'imports.fault.row-too-long': 'Row too long',
  'imports.detail.row-too-long': 'The row is longer than 64 KB.',
  'imports.fault.zero-bytes': 'Zero bytes',
  'imports.detail.zero-bytes':
    'There are zero bytes in place of a row, for example after a power failure.',
  'imports.fault.decimal-ambiguous': 'Commas with two meanings',
  'imports.detail.decimal-ambiguous':
    'Here a comma can be a delimiter or a decimal sign. Put numbers with a comma in quotes.',
  'imports.fault.encoding-invalid': 'Unreadable letters',
  'imports.detail.encoding-invalid':
    'The row has letters that do not exist in the encoding of the file. Choose another encoding.',
  'imports.fault.report-full': 'The report is full',
  'imports.detail.report-full': 'More rows have faults than the report can list.',
  'imports.fault.file-empty': 'The file is empty',
  'imports.detail.file-empty': 'The file has no header line.',
  'imports.fault.file-not-csv': 'Not a CSV file',
  'imports.detail.file-not-csv':
    'The file is something else, such as a spreadsheet, a PDF or an archive. Export the data as CSV.',
  'imports.fault.file-missing': 'The file is gone',
  'imports.detail.file-missing': 'The uploaded file is no longer there. Send it again.',
  'imports.fault.file-replaced': 'The file was replaced',
  'imports.detail.file-replaced': 'The uploaded file was replaced by another file. Send it again.',
  'imports.fault.gzip-corrupt': 'The compressed file is damaged',
  'imports.detail.gzip-corrupt':
    'The file is damaged or incomplete. Compress it and send it again.',
  'imports.fault.gzip-too-large': 'Too large once unpacked',
  'imports.detail.gzip-too-large': 'The unpacked file is too large to import. Split it.',
  'imports.fault.gzip-ratio-too-high': 'Compressed too much',
  'imports.detail.gzip-ratio-too-high':
    'The unpacked file is too many times larger than the compressed file. Send it uncompressed, or in parts.',
  'imports.fault.encoding-unsupported': 'Not UTF-8',
  'imports.detail.encoding-unsupported':
    'The file is not UTF-8. Choose its encoding, or save it as UTF-8.',
  'imports.fault.delimiter-ambiguous': 'Several delimiters',
  'imports.detail.delimiter-ambiguous':
    'The header line can be split in several ways. Choose the delimiter.',
  'imports.fault.header-missing': 'No header line',
  'imports.detail.header-missing': 'The line that should name the columns is blank or missing.',
  'imports.fault.header-missing-column': 'A column is missing',
  'imports.detail.header-missing-column':
    'No line names the columns, including equipment and time.',
  'imports.fault.header-malformed': 'Broken header line',
  'imports.detail.header-malformed': 'The quotes in the header line are broken.',
  'imports.fault.header-too-long': 'Header line too long',
  'imports.detail.header-too-long': 'The header line does not end within 64 KB.',
  'imports.fault.header-invalid-column': 'Column without a usable name',
  'imports.detail.header-invalid-column':
    'The name of a column is not a valid metric name. Rename the column or leave it out.',
  'imports.detail.header-invalid-column.of':
    'The name of column {place} is not a valid metric name. Rename the column or leave it out.',
  'imports.fault.header-duplicate-column': 'Two columns with the same name',
  'imports.detail.header-duplicate-column':
    'Two columns have the same name. Rename one or leave it out.',
  'imports.detail.header-duplicate-column.of':
    'Two columns are read as {name}. Rename one or leave it out.',
  'imports.fault.header-role-unsaid': 'Layout not chosen',
  'imports.detail.header-role-unsaid': 'Choose whether the file has a row for each value.',
  'imports.fault.header-no-metric': 'No numbers',
  'imports.detail.header-no-metric': 'No column has numbers.',
  'imports.fault.too-many-columns': 'Too many columns',
  'imports.detail.too-many-columns': 'The file has more columns than can be read.',
  'imports.detail.too-many-columns.of': 'The file has {count} columns; at most {most} can be read.',
  'imports.fault.too-many-metrics': 'Too many metrics',
  'imports.detail.too-many-metrics':
    'The file has more columns with numbers than a reading can have. Leave some out, and import the file once more with the others.',
  'imports.detail.too-many-metrics.of':
    'The file has {count} columns with numbers; a reading has at most {most}. Leave some out, and import the file once more with the others.',
  'imports.fault.no-valid-row': 'No row could be read',
  'imports.detail.no-valid-row':
    'No row could be read as a reading. The time or the numbers may be written in another way than you chose.',
  'imports.fault.import-abandoned': 'The import was given up',
  'imports.detail.import-abandoned': 'The import failed several times. Send the file again.',
  'imports.reason.said-by-columns': 'You chose this.',
  'imports.reason.equipment-of-file': 'The whole file belongs to one equipment.',
  'imports.reason.named-so': 'The column’s name says so.',
  'imports.reason.holds-timestamps': 'Its cells can be read as times.',
  'imports.reason.date-and-time-apart': 'Date and time of day are in two columns.',
  'imports.reason.holds-equipment-ids': 'Its cells can be names of equipment.',
  'imports.reason.row-for-each-value': 'The file seems to have a row for each value.',
  'imports.reason.beside-value': 'The column “value” has all the numbers.',
  'imports.reason.other-letters': 'Its name has letters that a metric name cannot have.',
  'imports.reason.no-name': 'It has no name.',
  'imports.reason.left-out': 'It is left out.',
  'imports.reason.decimal-commas': 'Its numbers have commas.',
  'imports.reason.no-number': 'None of its cells is a number.',
  'imports.reason.metric': 'Every other column is a metric.',
  'imports.reason.metric-renamed':
    'Every other column is a metric. Its name was made from the column’s name.',
  'imports.reason.too-many-metrics': 'A reading cannot have more metrics than this.',
  'imports.reason.role-taken': 'Another column already has this meaning.',
  'imports.reason.name-taken': 'Another column has this name, or the name has another meaning.',
} as const;
