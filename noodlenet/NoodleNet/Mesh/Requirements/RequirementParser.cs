namespace NoodleNet.Mesh.Requirements;

/// <summary>What is wrong with the text of a requirement.</summary>
public enum RequirementFault
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It is longer than may be, or has too many conditions.</summary>
    TooLong,

    /// <summary>Something else stands where a part, a name or a bracket must.</summary>
    Unexpected,

    /// <summary>A name that nodes do not have.</summary>
    UnknownName,

    /// <summary>A value that is no number with a unit, or has the wrong unit.</summary>
    BadValue,

    /// <summary>A part, or the level, that stands twice.</summary>
    Twice,
}

/// <param name="Position">Characters before the fault.</param>
/// <param name="Message">One sentence: what is wrong there, and what may stand there.</param>
public sealed record RequirementError(RequirementFault Fault, int Position, string Message);

/// <summary>Reads requirements such as <c>on(gpu, mem&gt;=8GB).qos(responsive, latency&lt;10ms).replicas(3)</c>.
/// </summary>
/// <remarks>
/// Meaning: total; any text gives a requirement or an error that says where and what to write. An empty text asks for
/// nothing. Spaces may stand between any two words. Upper and lower case differ, except in units.
/// Bound: <see cref="MostCharacters"/> characters, <see cref="MostClauses"/> conditions, one pass, no recursion.
/// </remarks>
public static class RequirementParser
{
    /// <summary>Longest text.</summary>
    public const int MostCharacters = 1_024;

    /// <summary>Most conditions together.</summary>
    public const int MostClauses = 32;

    /// <summary>Most replicas.</summary>
    public const int MostReplicas = 10_000;

    /// <summary>Reads a requirement; null with an error when it is none.</summary>
    public static Requirement? Parse(string text, out RequirementError? error)
    {
        ArgumentNullException.ThrowIfNull(text);
        var reader = new RequirementReader(text);
        Requirement? read = text.Length > MostCharacters
            ? reader.Fail<Requirement>(RequirementFault.TooLong, MostCharacters,
                $"a requirement has at most {MostCharacters} characters")
            : ReadAll(reader);
        error = reader.Error;
        return error is null ? read : null;
    }

    private static Requirement? ReadAll(RequirementReader reader)
    {
        List<RequirementClause>? on = null;
        List<RequirementClause>? qos = null;
        QosLevel? level = null;
        int? replicas = null;
        bool first = true;
        while (!reader.IsAtEnd && reader.Error is null)
        {
            if (!first)
            {
                reader.Expect('.', "a '.' must stand between two parts");
            }

            first = false;
            int at = reader.Position;
            string part = reader.Word();
            bool isSecond = part switch { "on" => on is not null, "qos" => qos is not null, _ => replicas is not null };
            switch (part)
            {
                case "on" or "qos" or "replicas" when isSecond:
                    reader.Fail<object>(RequirementFault.Twice, at, $"{part}(...) stands twice; join the two");
                    break;
                case "on": on = ReadClauses(reader, isQos: false, ref level); break;
                case "qos": qos = ReadClauses(reader, isQos: true, ref level); break;
                case "replicas": replicas = ReadReplicas(reader); break;
                default:
                    reader.Fail<object>(RequirementFault.Unexpected, at,
                        "here must stand on(...), qos(...) or replicas(N)");
                    break;
            }
        }

        return new Requirement { On = on ?? [], Qos = qos ?? [], Level = level, Replicas = replicas };
    }

    private static int ReadReplicas(RequirementReader reader)
    {
        reader.Expect('(', "after replicas stands '('");
        int at = reader.Position;
        if (!Quantity.TryParse(reader.Value(), out Quantity number) || number.Unit != QuantityUnit.Count
            || number.Value is < 1 or > MostReplicas)
        {
            reader.Fail<object>(RequirementFault.BadValue, at,
                $"replicas takes a whole number from 1 to {MostReplicas}");
        }

        reader.Expect(')', "after the number of replicas stands ')'");
        return (int)long.Min(number.Value, MostReplicas);
    }

    private static List<RequirementClause> ReadClauses(RequirementReader reader, bool isQos, ref QosLevel? level)
    {
        string names = isQos ? RequirementNames.OfQos : RequirementNames.OfNodes;
        var clauses = new List<RequirementClause>();
        reader.Expect('(', "after on and qos stands '('");
        while (reader.Error is null)
        {
            int at = reader.Position;
            string word = reader.Word();
            QosLevel? said = isQos ? RequirementNames.LevelOf(word) : null;
            if (said is not null && level is not null)
            {
                reader.Fail<object>(RequirementFault.Twice, at, "qos has one level; leave the other out");
            }
            else if (said is not null)
            {
                level = said;
            }
            else if ((isQos ? RequirementNames.OfWay(word) : RequirementNames.OfNode(word)) is not { } name)
            {
                reader.Fail<object>(RequirementFault.UnknownName, at,
                    word.Length == 0 ? $"here must stand a name; there are {names}"
                    : $"'{word}' is no name; there are {names}");
            }
            else if (++reader.Clauses > MostClauses)
            {
                reader.Fail<object>(RequirementFault.TooLong, at,
                    $"a requirement has at most {MostClauses} conditions");
            }
            else
            {
                clauses.Add(ReadClause(reader, name, at));
            }

            if (reader.TryTake(')'))
            {
                break;
            }

            reader.Expect(',', "between two conditions stands ',', after the last one ')'");
        }

        return clauses;
    }

    private static RequirementClause ReadClause(RequirementReader reader, string name, int at)
    {
        RequirementOperator sign = reader.Operator();
        if (sign == RequirementOperator.Has)
        {
            if (!RequirementNames.MayStandAlone(name))
            {
                reader.Fail<object>(RequirementFault.BadValue, at, RequirementNames.IsText(name)
                    ? $"{name} needs something to compare with, such as {name}==value"
                    : $"{name} needs something to compare with, such as {RequirementNames.Example(name)}");
            }

            return new RequirementClause(name, sign, default, "");
        }

        int valueAt = reader.Position;
        if (RequirementNames.IsText(name))
        {
            string text = reader.Text();
            bool isOrdered = sign is not (RequirementOperator.Equal or RequirementOperator.Unequal);
            if (isOrdered && name != RequirementNames.Version)
            {
                reader.Fail<object>(RequirementFault.BadValue, at, $"{name} is compared with == or != alone");
            }
            else if (name == RequirementNames.Version && !VersionOrder.IsVersion(text))
            {
                reader.Fail<object>(RequirementFault.BadValue, valueAt, "a version is numbers with dots, such as 1.2");
            }

            return new RequirementClause(name, sign, default, text);
        }

        if (!Quantity.TryParse(reader.Value(), out Quantity quantity))
        {
            reader.Fail<object>(RequirementFault.BadValue, valueAt,
                $"here must stand a number, with one of the units {Quantity.Units} or none");
        }
        else if (!RequirementNames.Takes(name, quantity.Unit))
        {
            reader.Fail<object>(RequirementFault.BadValue, valueAt,
                $"{name} is compared as in {RequirementNames.Example(name)}");
        }

        return new RequirementClause(name, sign, quantity, "");
    }
}
