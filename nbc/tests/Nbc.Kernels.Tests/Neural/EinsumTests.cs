using Nbc.Tensors;
using Nbc.Values;

namespace Nbc.Kernels.Tests.Neural;

public sealed class EinsumTests
{
    public static TheoryData<string, long[][], long[]> Products => new()
    {
        { "ij,jk->ik", [[20, 30], [30, 40]], [20, 40] },
        { "ij,kj->ik", [[20, 30], [40, 30]], [20, 40] },
        { "ij,jk->ki", [[20, 30], [30, 40]], [40, 20] },
        { "bij,bjk->bik", [[2, 8, 9], [2, 9, 10]], [2, 8, 10] },
        { "...ij,...jk->...ik", [[2, 3, 8, 9], [3, 9, 10]], [2, 3, 8, 10] },
        { "bhid,bhjd->bhij", [[2, 2, 6, 8], [2, 2, 7, 8]], [2, 2, 6, 7] },
        { "bijd,bkd->bijk", [[2, 4, 5, 6], [2, 7, 6]], [2, 4, 5, 7] },
        { "ijk,kl->jil", [[4, 5, 6], [6, 7]], [5, 4, 7] },
        { "ijk,jkl->il", [[4, 5, 6], [5, 6, 7]], [4, 7] },
        { "ij,jk->kij", [[8, 9], [9, 10]], [10, 8, 9] },
        { "i,j->ij", [[3], [4]], [3, 4] },
        { "ij,j", [[3, 4], [4]], [3] },
        { "ii->i", [[3, 3]], [3] },
        { "...ii->...i", [[2, 3, 3]], [2, 3] },
        { "ij->ji", [[3, 4]], [4, 3] },
        { "ij->", [[3, 4]], [] },
        { "ba", [[3, 4]], [4, 3] },
        { "...a,a->...", [[2, 3, 4], [4]], [2, 3] },
        { "i,ij,j->", [[3], [3, 4], [4]], [] },
        { "a b , b c -> a c", [[2, 3], [3, 4]], [2, 4] },
        { "...->", [[2, 3]], [] },
        { "ab,ab->ab", [[1, 4], [3, 1]], [3, 4] },
    };

    [Theory]
    [MemberData(nameof(Products))]
    public void Every_equation_equals_the_sum_it_says(string equation, long[][] shapes, long[] result)
    {
        TensorValue[] operands = [.. shapes.Select((shape, i) => Given.Random(i + 1, shape))];
        TensorValue y = Given.One("einsum", [("equation", equation)], operands);
        Given.Shape(y, result);
        Given.Near(Naive(equation, operands, result), y);
        TensorValue[] wide = [.. operands.Select(operand => Given.As(operand, ElementType.Float64))];
        Given.Near(Naive(equation, operands, result), Given.One("einsum", [("equation", equation)], wide));
    }

    [Theory]
    [InlineData(ElementType.Int8)]
    [InlineData(ElementType.UInt8)]
    [InlineData(ElementType.Int32)]
    [InlineData(ElementType.Int64)]
    public void Whole_numbers_wrap(ElementType type)
    {
        TensorValue x = TensorValue.Allocate(type, 2);
        x.Bytes().Clear();
        x.Bytes()[0] = 3;
        x.Bytes()[ElementTypes.SizeOf(type)] = 4;
        Given.Near([25], Given.One("einsum", [("equation", "i,i->")], x, x));
    }

    [Fact]
    public void Sixteen_bits_compute_in_single()
    {
        TensorValue x = Given.As(Given.Floats([2], 0.5f, 0.25f), ElementType.Float16);
        Given.Near([0.3125], Given.One("einsum", [("equation", "i,i->")], x, x));
        Assert.Equal(ElementType.Float16, Given.One("einsum", [("equation", "i,i->")], x, x).Type);
    }

    [Fact]
    public void An_empty_axis_sums_to_zero() =>
        Given.Near([0, 0], Given.One("einsum", [("equation", "ij->i")], Given.Floats([2, 0])));

    [Theory]
    [InlineData("ij->iik")]
    [InlineData("i.j->i")]
    [InlineData("ij->ii")]
    [InlineData("i!->i")]
    [InlineData("......->")]
    public void A_broken_equation_is_refused(string equation) =>
        Given.Refuses(KernelFault.WrongAttribute, "einsum", [("equation", equation)], Given.Random(1, 2, 2));

    [Fact]
    public void Operands_that_do_not_go_with_the_equation_are_refused()
    {
        Given.Refuses(KernelFault.MissingOperand, "einsum", [("equation", "i,i->")], Given.Random(1, 2));
        Given.Refuses(KernelFault.WrongShape, "einsum", [("equation", "ij->i")], Given.Random(1, 2));
        Given.Refuses(
            KernelFault.WrongShape, "einsum", [("equation", "i,i->i")], Given.Random(1, 2), Given.Random(1, 3));
        Given.Refuses(KernelFault.WrongType, "einsum", [("equation", "i->i")], Given.Texts([1], "x"));
    }

    // The definition: every letter loops, letters that the output lacks are summed. The ellipsis becomes letters.
    private static double[] Naive(string equation, TensorValue[] operands, long[] result)
    {
        string[] sides = equation.Replace(" ", "").Split("->");
        string[] terms = sides[0].Split(',');
        string output = sides.Length > 1 ? sides[1]
            : string.Concat(sides[0].Where(c => char.IsLetter(c) && sides[0].Count(d => d == c) == 1).Order());
        int most = 0;
        for (int i = 0; i < terms.Length; i++)
        {
            most = terms[i].Contains("...") ? Math.Max(most, operands[i].Rank - (terms[i].Length - 3)) : most;
        }

        string hidden = "XYZ"[..most];
        for (int i = 0; i < terms.Length; i++)
        {
            int own = operands[i].Rank - (terms[i].Length - 3);
            terms[i] = terms[i].Contains("...") ? terms[i].Replace("...", hidden[(most - own)..]) : terms[i];
        }

        output = output.Replace("...", hidden);
        string letters = string.Concat(output.Concat(string.Concat(terms)).Distinct());
        Dictionary<char, long> sizes = letters.ToDictionary(letter => letter, _ => 1L);
        foreach ((string term, TensorValue operand) in terms.Zip(operands))
        {
            for (int i = 0; i < term.Length; i++)
            {
                sizes[term[i]] = Math.Max(sizes[term[i]], operand.Shape[i]);
            }
        }

        double[] sums = new double[result.Aggregate(1L, (a, b) => a * b)];
        long all = sizes.Values.Aggregate(1L, (a, b) => a * b);
        for (long n = 0; n < all; n++)
        {
            Dictionary<char, long> at = [];
            long left = n;
            foreach (char letter in letters)
            {
                at[letter] = left % sizes[letter];
                left /= sizes[letter];
            }

            double product = 1;
            for (int i = 0; i < terms.Length; i++)
            {
                product *= Given.Doubles(operands[i])[Place(terms[i], operands[i].Shape, at)];
            }

            sums[Place(output, result, at)] += product;
        }

        return sums;
    }

    private static long Place(string term, ReadOnlySpan<long> shape, Dictionary<char, long> at)
    {
        long place = 0;
        for (int i = 0; i < term.Length; i++)
        {
            place = (place * shape[i]) + (shape[i] == 1 ? 0 : at[term[i]]);
        }

        return place;
    }
}
