namespace Nbc.Assembly;

/// <summary>Kinds of tokens.</summary>
internal enum TokenKind
{
    /// <summary>Behind the last one.</summary>
    End,
    Line,

    /// <summary>A word: letters, digits, <c>_</c>, <c>.</c>, <c>$</c>; element types as MLIR writes them.</summary>
    Word,
    Int,
    Float,

    /// <summary>A text in quotes, already without its escapes.</summary>
    Text,

    /// <summary>One of <c>( ) [ ] { } , : = @ *</c>, or <c>-&gt;</c>.</summary>
    Mark,
}

/// <summary>One token of a text.</summary>
/// <param name="Start">Of its characters in the text; for a line end it is empty.</param>
/// <param name="Bytes">Of a text.</param>
internal readonly record struct Token(TokenKind Kind, int Start, int Length, byte[]? Bytes = null);
